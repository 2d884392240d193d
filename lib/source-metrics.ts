import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import {
  type MetricName,
  type MetricOwner,
  metricDimensions,
  metricNamespace,
} from '../functions/shared/metrics.ts';

/** How often queues are looked at: SQS reports their depth once a minute, and nobody acts on less than five. */
export const shortPeriod = Duration.minutes(5);
/** How often the plan function looks at the windows. */
export const watchPeriod = Duration.hours(1);

/** What alarms and dashboard know of a source. */
export interface WatchedSource {
  readonly sourceId: string;
  readonly maxRejectedPercent: number;
  readonly windows: { readonly queue: IQueue; readonly deadLetters: IQueue };
  readonly loads: { readonly queue: IQueue; readonly deadLetters: IQueue };
  readonly planWindows: IFunction;
  readonly exportWindow: IFunction;
  readonly loadWindow: IFunction;
}

export interface MetricView {
  readonly statistic: 'Sum' | 'Maximum' | 'Minimum';
  /** @default five minutes */
  readonly period?: Duration;
  /** As a graph names it. @default the metric's name */
  readonly label?: string;
}

/** A metric that the source's own functions write. */
export function ownMetric(owner: MetricOwner, metricName: MetricName, view: MetricView): Metric {
  return new Metric({
    namespace: metricNamespace,
    metricName,
    dimensionsMap: { ...metricDimensions(owner) },
    period: view.period ?? shortPeriod,
    statistic: view.statistic,
    ...(view.label === undefined ? {} : { label: view.label }),
  });
}

/** The most messages that lay in a queue. */
export function depthOf(queue: IQueue, label?: string): Metric {
  return queue.metricApproximateNumberOfMessagesVisible({
    period: shortPeriod,
    statistic: 'Maximum',
    ...(label === undefined ? {} : { label }),
  });
}

/** One of Lambda's own metrics, summed over functions. */
export function sumOver(
  functions: readonly IFunction[],
  metric: 'metricErrors' | 'metricThrottles',
): IMetric {
  const names = functions.map((_, index) => `m${index}`);
  return new MathExpression({
    // Of a list, those that report nothing are left out: a function that did not run has no errors.
    expression: `SUM([${names.join(',')}])`,
    usingMetrics: Object.fromEntries(
      functions.map((each, index) => [`m${index}`, each[metric]({ period: shortPeriod, statistic: 'Sum' })]),
    ),
    period: shortPeriod,
  });
}
