/** A line of the host's own in the log of the function that it is about. */
export function hostLine(
  level: 'INFO' | 'WARN',
  message: string,
  fields: Readonly<Record<string, unknown>>,
): string {
  return JSON.stringify({ level, timestamp: new Date().toISOString(), message, ...fields });
}

/** Of what Lambda counts of each function, what the alarms need. */
export interface LambdaCounts {
  /** Invocations that began, whatever became of them. */
  readonly Invocations?: number;
  /** Those that threw, crashed, or ran out of time or memory. */
  readonly Errors?: number;
  /** Starts that were refused; they are neither of the others. */
  readonly Throttles?: number;
}

/**
 * The metrics that Lambda, as it documents them, would report: in the embedded metric format, as the functions write
 * their own. In AWS nothing writes such a line.
 *
 * @param functionName as `Ref` gives it.
 * @param invokedMs Lambda dates its metrics by when a function was invoked, not by when it ended.
 */
export function lambdaMetrics(functionName: string, counts: LambdaCounts, invokedMs: number): string {
  const directive = {
    Namespace: 'AWS/Lambda',
    Dimensions: [['FunctionName']],
    Metrics: Object.keys(counts).map((name) => ({ Name: name, Unit: 'Count' })),
  };
  return JSON.stringify({
    _aws: { Timestamp: invokedMs, CloudWatchMetrics: [directive] },
    FunctionName: functionName,
    ...counts,
  });
}
