/** What is measured, each by source, and in what. Used by the stack too, so it may import no SDK. */
export const metricUnits = {
  /** Messages given up. */
  DeadLetters: 'Count',
  CredentialsRefused: 'Count',
  /** Days until a credential ends; nothing while that is not known, or it has no end. */
  CredentialDaysLeft: 'None',
  WindowsExported: 'Count',
  /** Answers of Mixpanel that were not whole, each try on its own. */
  ExportsIncomplete: 'Count',
  /** Queries left of the hour, after one was taken. */
  QueriesLeft: 'Count',
  /** Queries of daily windows that had to wait for more than a moment. */
  BudgetExhausted: 'Count',
  /** Windows whose newest run is in the dataset: delivered, unchanged or empty. */
  WindowsDelivered: 'Count',
  WindowsRejected: 'Count',
  BatchesFailed: 'Count',
  RecordsReceived: 'Count',
  RecordsDuplicate: 'Count',
  RecordsFiltered: 'Count',
  /** By us and by Platform together. */
  RecordsRejected: 'Count',
  RecordsDelivered: 'Count',
  /** Of a window's records without duplicates. */
  RejectedPercent: 'Percent',
  /** Windows that need somebody, by the rule that `connector status` goes by. */
  WindowsLate: 'Count',
  /** Hours since the end of the newest window that is delivered. */
  LagHours: 'None',
  /** What an invocation had left of its time. */
  SecondsToSpare: 'Seconds',
} as const;
export type MetricName = keyof typeof metricUnits;

/** Every metric's name. */
export const metricNames = Object.keys(metricUnits).filter(isMetricName);

function isMetricName(name: string): name is MetricName {
  return name in metricUnits;
}

/** Those that are measured every hour, whether anything happens or not. */
export const hourlyMetrics = ['WindowsLate', 'LagHours'] as const satisfies readonly MetricName[];

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

/** Measured at one moment. */
export type Measurements = Readonly<Partial<Record<MetricName, number>>>;

/** Counts and measures what happened. */
export interface Metrics {
  count(name: MetricName): void;
  record(measurements: Measurements): void;
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
  const record = (measurements: Measurements) => {
    const directive = {
      Namespace: metricNamespace,
      Dimensions: [Object.keys(dimensions)],
      Metrics: namesOf(measurements).map((name) => ({ Name: name, Unit: metricUnits[name] })),
    };
    const line = {
      _aws: { Timestamp: clock(), CloudWatchMetrics: [directive] },
      ...dimensions,
      ...measurements,
    };
    write(`${JSON.stringify(line)}\n`);
  };
  return { record, count: (name) => record({ [name]: 1 }) };
}

function namesOf(measurements: Measurements): MetricName[] {
  return metricNames.filter((name) => measurements[name] !== undefined);
}
