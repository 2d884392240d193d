import type { MetricName, Metrics } from '../../functions/shared/metrics.ts';

export interface RecordedMetrics extends Metrics {
  /** The name of each count, in order. */
  readonly counted: MetricName[];
}

/** Metrics that are kept instead of printed. */
export function createRecordedMetrics(): RecordedMetrics {
  const counted: MetricName[] = [];
  return { counted, count: (name) => void counted.push(name) };
}
