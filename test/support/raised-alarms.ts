import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { metricNamespace } from '../../functions/shared/metrics.ts';
import { referenced } from '../lib/synth-stack.ts';
import { type MetricLine, valuesOf } from './metric-lines.ts';

const metricStat = z.looseObject({
  Metric: z.looseObject({
    Namespace: z.string(),
    MetricName: z.string(),
    Dimensions: z.array(z.object({ Name: z.string(), Value: z.unknown() })),
  }),
  Period: z.number(),
  Stat: z.literal('Sum'),
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
    .array(
      z.looseObject({ Id: z.string(), Expression: z.string().optional(), MetricStat: metricStat.optional() }),
    )
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

function dimensionsOf(dimensions: AlarmProperties['Dimensions'], read = (value: unknown): unknown => value) {
  return Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, read(Value)]));
}

function isRaised(alarm: AlarmProperties, lines: readonly MetricLine[]): boolean {
  const dimensions = dimensionsOf(alarm.Dimensions);
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

/**
 * Names of the alarms on sums of Lambda's metrics that CloudWatch would raise for these lines, sorted.
 *
 * @param lines with functions named by their logical ids.
 */
export function raisedByFunctions(
  lines: readonly MetricLine[],
  alarms: readonly AlarmProperties[],
): string[] {
  return alarms
    .filter((alarm) => alarm.Metrics.length > 0 && isSumRaised(alarm, lines))
    .map(({ AlarmName }) => AlarmName)
    .toSorted();
}

function isSumRaised(alarm: AlarmProperties, lines: readonly MetricLine[]): boolean {
  const summed = alarm.Metrics.flatMap(({ Id, MetricStat }) => (MetricStat ? [{ Id, ...MetricStat }] : []));
  const [expression] = alarm.Metrics.flatMap(({ Expression }) => Expression ?? []);
  if (expression !== `SUM([${summed.map(({ Id }) => Id).join(',')}])`)
    throw new Error(`${alarm.AlarmName} is no sum of its metrics: ${expression}`);
  const sums = new Map<number, number>();
  for (const { Metric, Period } of summed) {
    const dimensions = dimensionsOf(Metric.Dimensions, referenced);
    const identity = { namespace: Metric.Namespace, name: Metric.MetricName, dimensions };
    for (const line of lines) {
      const period = Math.floor(line._aws.Timestamp / 1000 / Period);
      for (const value of valuesOf([line], identity)) sums.set(period, (sums.get(period) ?? 0) + value);
    }
  }
  const isBad = (period: number) => isOver(alarm, sums.get(period) ?? 0);
  return [...sums.keys()].some((first) =>
    Array.from({ length: alarm.EvaluationPeriods }, (_, index) => first + index).every(isBad),
  );
}

export interface LookedAtQueues {
  readonly alarms: readonly AlarmProperties[];
  /** Of the template. */
  readonly outputs: Readonly<Record<string, { readonly Value: unknown }>>;
  /** Of the queues, by the outputs' names. */
  readonly urls: Readonly<Record<string, string>>;
  readonly sqs: SQSClient;
}

/** Names of the alarms on queues' depths that are raised by what lies in the embedded AWS's queues now, sorted. */
export async function raisedByQueues({ alarms, outputs, urls, sqs }: LookedAtQueues): Promise<string[]> {
  const raised: string[] = [];
  for (const alarm of alarms.filter(({ Namespace }) => Namespace === 'AWS/SQS')) {
    if (alarm.MetricName !== 'ApproximateNumberOfMessagesVisible')
      throw new Error(`${alarm.AlarmName} looks at ${alarm.MetricName}`);
    const { QueueName } = dimensionsOf(alarm.Dimensions);
    const [output = ''] =
      Object.entries(outputs).find(([, { Value }]) => referenced(Value) === referenced(QueueName)) ?? [];
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: urls[output],
        AttributeNames: ['ApproximateNumberOfMessages'],
      }),
    );
    if (isOver(alarm, Number(Attributes?.ApproximateNumberOfMessages))) raised.push(alarm.AlarmName);
  }
  return raised.toSorted();
}

/** Whether a value is on the wrong side of the alarm's threshold. */
function isOver(alarm: AlarmProperties, value: number): boolean {
  switch (alarm.ComparisonOperator) {
    case 'GreaterThanThreshold':
      return value > alarm.Threshold;
    case 'GreaterThanOrEqualToThreshold':
      return value >= alarm.Threshold;
    case 'LessThanOrEqualToThreshold':
      return value <= alarm.Threshold;
  }
}
