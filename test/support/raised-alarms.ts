import * as z from 'zod';
import { metricNamespace } from '../../functions/shared/metrics.ts';
import { type MetricLine, valuesOf } from './metric-lines.ts';

const metricStat = z.looseObject({
  Metric: z.looseObject({
    Namespace: z.string(),
    MetricName: z.string(),
    Dimensions: z.array(z.object({ Name: z.string(), Value: z.unknown() })),
  }),
});

/** As much of an alarm in a template as decides what it watches, and when it is raised. */
export const alarmSchema = z.looseObject({
  AlarmName: z.string(),
  AlarmDescription: z.string(),
  AlarmActions: z.array(z.unknown()).length(1),
  OKActions: z.array(z.unknown()).default([]),
  Namespace: z.string().optional(),
  MetricName: z.string().optional(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.unknown() })).default([]),
  Statistic: z.enum(['Sum', 'Maximum', 'Minimum']).optional(),
  Metrics: z
    .array(z.looseObject({ Expression: z.string().optional(), MetricStat: metricStat.optional() }))
    .default([]),
  ComparisonOperator: z.enum([
    'GreaterThanThreshold',
    'GreaterThanOrEqualToThreshold',
    'LessThanOrEqualToThreshold',
  ]),
  Threshold: z.number(),
  EvaluationPeriods: z.number(),
  TreatMissingData: z.string(),
});
export type AlarmProperties = z.output<typeof alarmSchema>;

/** Names of the alarms on the connector's own metrics that CloudWatch would raise for these lines, sorted. */
export function raisedBy(lines: readonly MetricLine[], alarms: readonly AlarmProperties[]): string[] {
  return alarms
    .filter((alarm) => alarm.Namespace === metricNamespace && isRaised(alarm, lines))
    .map(({ AlarmName }) => AlarmName)
    .toSorted();
}

function isRaised(alarm: AlarmProperties, lines: readonly MetricLine[]): boolean {
  const dimensions = Object.fromEntries(alarm.Dimensions.map(({ Name, Value }) => [Name, Value]));
  const identity = { namespace: alarm.Namespace ?? '', name: alarm.MetricName ?? '', dimensions };
  const values = valuesOf(lines, identity);
  if (values.length === 0) return false;
  const value = {
    Sum: values.reduce((sum, one) => sum + one, 0),
    Maximum: Math.max(...values),
    Minimum: Math.min(...values),
  }[z.enum(['Sum', 'Maximum', 'Minimum']).parse(alarm.Statistic)];
  return isOver(alarm, value);
}

/** Whether a value is on the wrong side of the alarm's threshold. */
export function isOver(alarm: AlarmProperties, value: number): boolean {
  switch (alarm.ComparisonOperator) {
    case 'GreaterThanThreshold':
      return value > alarm.Threshold;
    case 'GreaterThanOrEqualToThreshold':
      return value >= alarm.Threshold;
    case 'LessThanOrEqualToThreshold':
      return value <= alarm.Threshold;
  }
}
