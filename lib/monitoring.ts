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
 * So many sources fit into one stack with their alarms: some 38 resources each, of the 500 that CloudFormation takes,
 * and 75 KB of a megabyte of template.
 */
const mostInOneStack = 10;

/**
 * All alarms, and the dashboard; of many sources in a stack of their own inside the connector's. There the alarms have
 * other names, since CloudFormation makes those of the nested stack before it deletes those that were here.
 */
export class Monitoring extends Construct {
  readonly dashboardUrl: string;

  constructor(scope: Construct, id: string, { stackName, topic, planDeadLetters, sources }: MonitoringProps) {
    super(scope, id);
    const isNested = sources.length > mostInOneStack;
    const description = 'Alarms and dashboard of the Mixpanel source connector';
    const place = isNested ? new NestedStack(this, 'Stack', { description }) : this;
    const named = isNested ? `${stackName}-${id}` : stackName;
    addAlarm(
      place,
      { stackName: named, topic },
      {
        kind: 'plan-dead-letters',
        metric: depthOf(planDeadLetters),
        missing: TreatMissingData.IGNORE,
        tellsEnd: true,
      },
    );
    for (const source of sources) {
      const alarms = new Construct(place, `Source${pascalCase(source.sourceId)}`);
      const owner = { stackName: named, source: source.sourceId, topic };
      for (const rule of sourceAlarms(stackName, source)) addAlarm(alarms, owner, rule);
    }
    this.dashboardUrl = new ConnectorDashboard(place, 'Dashboard', { stackName, sources }).url;
  }
}
