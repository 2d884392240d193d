import { Dashboard, GraphWidget, type IMetric, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { alarmPeriod } from './alarm-topic.ts';

/** What the dashboard shows of one source. */
export interface DashboardSource {
  readonly sourceId: string;
  readonly windows: { readonly queue: IQueue; readonly deadLetters: IQueue };
  readonly loads: { readonly queue: IQueue; readonly deadLetters: IQueue };
  readonly planWindows: IFunction;
  readonly exportWindow: IFunction;
  readonly loadWindow: IFunction;
}

/** One row for each source: what waits, what was given up, what failed, how long it took. */
export class ConnectorDashboard extends Construct {
  readonly url: string;

  constructor(scope: Construct, id: string, sources: readonly DashboardSource[]) {
    super(scope, id);
    const dashboard = new Dashboard(this, 'Dashboard');
    for (const source of sources) {
      dashboard.addWidgets(new TextWidget({ markdown: `## ${source.sourceId}`, width: 24, height: 1 }));
      dashboard.addWidgets(
        graph('Messages', [
          ...depths('Windows', source.windows.queue),
          ...depths('Loads', source.loads.queue),
        ]),
        graph('Dead letters', [
          visible(source.windows.deadLetters, 'Windows'),
          visible(source.loads.deadLetters, 'Loads'),
        ]),
        graph('Errors', eachFunction(source, 'metricErrors', 'Sum')),
        graph('Longest duration', eachFunction(source, 'metricDuration', 'Maximum')),
      );
    }
    const { region } = Stack.of(this);
    this.url = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${dashboard.dashboardName}`;
  }
}

function graph(title: string, left: IMetric[]): GraphWidget {
  // A quarter of the dashboard's 24 columns.
  return new GraphWidget({ title, left, width: 6, height: 5, leftYAxis: { min: 0 } });
}

function depths(what: string, queue: IQueue): IMetric[] {
  return [
    visible(queue, `${what} waiting`),
    queue.metricApproximateNumberOfMessagesNotVisible({
      label: `${what} in work`,
      period: alarmPeriod,
      statistic: 'Maximum',
    }),
  ];
}

function visible(queue: IQueue, label: string): IMetric {
  return queue.metricApproximateNumberOfMessagesVisible({ label, period: alarmPeriod, statistic: 'Maximum' });
}

function eachFunction(
  source: DashboardSource,
  metric: 'metricErrors' | 'metricDuration',
  statistic: string,
): IMetric[] {
  return [
    source.planWindows[metric]({ label: 'PlanWindows', period: alarmPeriod, statistic }),
    source.exportWindow[metric]({ label: 'ExportWindow', period: alarmPeriod, statistic }),
    source.loadWindow[metric]({ label: 'LoadWindow', period: alarmPeriod, statistic }),
  ];
}
