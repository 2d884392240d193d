import { Dashboard, GraphWidget, type IMetric, type Metric, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { MetricName } from '../../functions/shared/metrics.ts';
import {
  depthOf,
  type MetricView,
  ownMetric,
  shortPeriod,
  type WatchedSource,
  watchPeriod,
} from '../source-metrics.ts';

export interface ConnectorDashboardProps {
  /** Of the connector. */
  readonly stackName: string;
  readonly sources: readonly WatchedSource[];
}

/**
 * Three rows for each source: what came out, what waits, what went wrong. CloudWatch takes 500 widgets and 2,500
 * metrics on a dashboard; twenty sources have fewer than half of either.
 */
export class ConnectorDashboard extends Construct {
  readonly url: string;

  constructor(scope: Construct, id: string, { stackName, sources }: ConnectorDashboardProps) {
    super(scope, id);
    const dashboard = new Dashboard(this, 'Dashboard');
    for (const source of sources) {
      dashboard.addWidgets(new TextWidget({ markdown: `## ${source.sourceId}`, width: 24, height: 1 }));
      for (const row of rowsOf(stackName, source)) dashboard.addWidgets(...row);
    }
    const { region } = Stack.of(this);
    this.url = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${dashboard.dashboardName}`;
  }
}

function rowsOf(stackName: string, source: WatchedSource): GraphWidget[][] {
  const own = (name: MetricName, label: string, view: MetricView) =>
    ownMetric({ stackName, source: source.sourceId }, name, { ...view, label });
  const hourly = (name: MetricName, label: string) =>
    own(name, label, { statistic: 'Sum', period: watchPeriod });
  const latest = (name: MetricName, label: string) =>
    own(name, label, { statistic: 'Maximum', period: watchPeriod });
  return [
    [
      graph('Windows', [
        hourly('WindowsExported', 'exported'),
        hourly('WindowsDelivered', 'delivered'),
        hourly('WindowsRejected', 'rejected'),
      ]),
      graph('Late windows', [latest('WindowsLate', 'late')]),
      graph('Lag in hours', [latest('LagHours', 'since the end of the newest delivered window')]),
      graph('Records', [
        hourly('RecordsReceived', 'received'),
        hourly('RecordsDelivered', 'delivered'),
        hourly('RecordsDuplicate', 'duplicates'),
        hourly('RecordsFiltered', 'filtered'),
        hourly('RecordsRejected', 'rejected'),
      ]),
    ],
    [
      graph('Messages', [...depths('windows', source.windows), ...depths('loads', source.loads)]),
      graph('Dead letters', [
        depthOf(source.windows.deadLetters, 'windows'),
        depthOf(source.loads.deadLetters, 'loads'),
      ]),
      graph('Query budget', [
        own('QueriesLeft', 'left this hour', { statistic: 'Minimum' }),
        hourly('BudgetExhausted', 'daily windows that waited'),
      ]),
      graph('Rejected per cent', [own('RejectedPercent', 'of a window', { statistic: 'Maximum' })]),
    ],
    [
      graph('Function errors', eachFunction(source, 'metricErrors', 'Sum')),
      graph('Throttles', eachFunction(source, 'metricThrottles', 'Sum')),
      graph('Longest duration', eachFunction(source, 'metricDuration', 'Maximum')),
      graph('Failures', [
        hourly('ExportsIncomplete', 'exports cut'),
        hourly('BatchesFailed', 'batches failed'),
        hourly('CredentialsRefused', 'credentials refused'),
        hourly('DeadLetters', 'messages given up'),
      ]),
    ],
  ];
}

function graph(title: string, left: IMetric[]): GraphWidget {
  // A quarter of the dashboard's 24 columns.
  return new GraphWidget({ title, left, width: 6, height: 5, leftYAxis: { min: 0 } });
}

function depths(what: string, { queue }: WatchedSource['windows']): Metric[] {
  return [
    depthOf(queue, `${what} waiting`),
    queue.metricApproximateNumberOfMessagesNotVisible({
      label: `${what} in work`,
      period: shortPeriod,
      statistic: 'Maximum',
    }),
  ];
}

function eachFunction(
  source: WatchedSource,
  metric: 'metricErrors' | 'metricThrottles' | 'metricDuration',
  statistic: string,
): Metric[] {
  return [
    source.planWindows[metric]({ label: 'PlanWindows', period: shortPeriod, statistic }),
    source.exportWindow[metric]({ label: 'ExportWindow', period: shortPeriod, statistic }),
    source.loadWindow[metric]({ label: 'LoadWindow', period: shortPeriod, statistic }),
  ];
}
