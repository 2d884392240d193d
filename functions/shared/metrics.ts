/** What is counted, each by source. Used by the stack too, so it may import no SDK. */
export const metricNames = [
  'DeadLetters',
  'CredentialsRefused',
  'WindowsExported',
  'WindowsRejected',
  'BatchesFailed',
] as const;
export type MetricName = (typeof metricNames)[number];

export const metricNamespace = 'MixpanelConnector';

/** Whose metrics they are. The stack tells two deployments in one account apart. */
export interface MetricOwner {
  readonly stackName: string;
  readonly source: string;
}

/** The dimensions of every metric, in CloudWatch's words. */
export function metricDimensions({ stackName, source }: MetricOwner): Readonly<Record<string, string>> {
  return { Stack: stackName, Source: source };
}

/** Counts what happened. */
export interface Metrics {
  count(name: MetricName): void;
}

/**
 * Metrics as lines of CloudWatch's embedded metric format: Lambda's log collection turns them into metrics, with no
 * call, no right and no wait of ours. Written to the stream itself, since Lambda wraps what `console` prints.
 *
 * @param write takes one line. @default standard output
 */
export function createMetrics(
  owner: MetricOwner,
  clock: () => number,
  write: (line: string) => void = (line) => void process.stdout.write(line),
): Metrics {
  const dimensions = metricDimensions(owner);
  return {
    count(name) {
      const directive = {
        Namespace: metricNamespace,
        Dimensions: [Object.keys(dimensions)],
        Metrics: [{ Name: name, Unit: 'Count' }],
      };
      const line = {
        _aws: { Timestamp: clock(), CloudWatchMetrics: [directive] },
        ...dimensions,
        [name]: 1,
      };
      write(`${JSON.stringify(line)}\n`);
    },
  };
}
