import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { NestedStack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { addAlarm } from './constructs/connector-alarm.ts';
import { ConnectorDashboard } from './constructs/connector-dashboard.ts';
import { sourceAlarms } from './source-alarms.ts';
import { depthOf, type WatchedSource } from './source-metrics.ts';
import { pascalCase } from './source-names.ts';

export interface MonitoringProps {
  /** Of the connector. */
  readonly stackName: string;
  readonly topic: ITopic;
  readonly planDeadLetters: IQueue;
  readonly sources: readonly WatchedSource[];
}

/**
 * All alarms, and the dashboard. A stack of their own inside the connector's: CloudFormation takes 500 resources and a
 * megabyte of template for each, and twenty sources with their alarms have more.
 */
export class Monitoring extends NestedStack {
  readonly dashboardUrl: string;

  constructor(scope: Construct, id: string, { stackName, topic, planDeadLetters, sources }: MonitoringProps) {
    super(scope, id, { description: 'Alarms and dashboard of the Mixpanel source connector' });
    addAlarm(
      this,
      { stackName, topic },
      {
        kind: 'plan-dead-letters',
        metric: depthOf(planDeadLetters),
        missing: TreatMissingData.IGNORE,
        tellsEnd: true,
      },
    );
    for (const source of sources) {
      const alarms = new Construct(this, `Source${pascalCase(source.sourceId)}`);
      const owner = { stackName, source: source.sourceId, topic };
      for (const rule of sourceAlarms(stackName, source)) addAlarm(alarms, owner, rule);
    }
    this.dashboardUrl = new ConnectorDashboard(this, 'Dashboard', { stackName, sources }).url;
  }
}
