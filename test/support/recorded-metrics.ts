import {
  createMetrics,
  type MetricName,
  type MetricOwner,
  type Metrics,
} from '../../functions/shared/metrics.ts';
import { type MetricLine, metricLineSchema } from './metric-lines.ts';

export interface RecordedMetrics extends Metrics {
  /** The name of each count, in order. */
  readonly counted: MetricName[];
  /** What was written, line by line. */
  readonly lines: MetricLine[];
}

/** Metrics that are kept, in the form in which they are written, instead of printed. */
export function createRecordedMetrics(
  owner: MetricOwner = { stackName: 'MixpanelConnector', source: 'shop' },
): RecordedMetrics {
  const counted: MetricName[] = [];
  const lines: MetricLine[] = [];
  const metrics = createMetrics(owner, Date.now, (line) =>
    lines.push(metricLineSchema.parse(JSON.parse(line))),
  );
  return {
    counted,
    lines,
    count(name) {
      counted.push(name);
      metrics.count(name);
    },
    record: metrics.record,
  };
}
