import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Duration, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { type MetricName, metricDimensions, metricNamespace } from '../../functions/shared/metrics.ts';

/** Every kind of alarm; each has its section of that name in docs/runbook.md. */
export const alarmKinds = [
  'plan-dead-letters',
  'window-dead-letters',
  'load-dead-letters',
  'credentials-refused',
  'window-rejected',
  'batch-failed',
] as const;
export type AlarmKind = (typeof alarmKinds)[number];

export interface AlarmTopicProps {
  /** @default nobody is subscribed */
  readonly email?: string | undefined;
}

export interface DeadLetterAlarmProps {
  readonly kind: AlarmKind;
  /** The source it is about; none for what all sources share. */
  readonly source?: string;
  /** What a message in that queue means for the data, in one sentence. */
  readonly meaning: string;
  /** Messages in the dead-letter queue. */
  readonly depth: IMetric;
}

export interface EventAlarmProps {
  readonly kind: AlarmKind;
  readonly source: string;
  /** What is counted when it happens; also the construct's id. */
  readonly event: MetricName;
  /** What it means for the data, in one sentence. */
  readonly meaning: string;
}

interface AlarmDetails extends Omit<DeadLetterAlarmProps, 'depth'> {
  readonly metric: IMetric;
  /** What to think while the metric says nothing. */
  readonly missing: TreatMissingData;
  /** Whether to tell, too, that the cause is gone. */
  readonly tellsEnd: boolean;
}

/** Where every alarm goes. */
export class AlarmTopic extends Construct {
  readonly topic: Topic;
  readonly alarms: Alarm[] = [];

  constructor(scope: Construct, id: string, props: AlarmTopicProps) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', { displayName: 'Mixpanel source connector', enforceSSL: true });
    // Any policy replaces the one that a topic starts with, under which CloudWatch may publish.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    if (props.email !== undefined) this.topic.addSubscription(new EmailSubscription(props.email));
  }

  /** Raises as soon as a message lies in a dead-letter queue, and says when it is empty again. */
  addDeadLetterAlarm(scope: Construct, { depth, ...props }: DeadLetterAlarmProps): void {
    // An idle queue stops reporting after six hours; that is no news about it.
    this.add(scope, 'Alarm', { ...props, metric: depth, missing: TreatMissingData.IGNORE, tellsEnd: true });
  }

  /** Raises whenever a source's function counts that event, once for each. */
  addEventAlarm(scope: Construct, { event, source, kind, meaning }: EventAlarmProps): void {
    const { stackName } = Stack.of(scope);
    this.add(scope, event, {
      kind,
      source,
      meaning,
      metric: new Metric({
        namespace: metricNamespace,
        metricName: event,
        dimensionsMap: { ...metricDimensions({ stackName, source }) },
        period: alarmPeriod,
        statistic: 'Sum',
      }),
      // Nothing is reported while nothing happens.
      missing: TreatMissingData.NOT_BREACHING,
      // A count of events falls back to nothing by itself, whether the cause was mended or not.
      tellsEnd: false,
    });
  }

  private add(scope: Construct, id: string, details: AlarmDetails): void {
    const { kind, source, meaning, metric, missing, tellsEnd } = details;
    const name = [Stack.of(scope).stackName, source, kind].filter((word) => word !== undefined);
    const alarm = new Alarm(scope, id, {
      alarmName: name.join('-'),
      alarmDescription: `${meaning} What to do: docs/runbook.md, "${kind}".`,
      metric,
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: missing,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
    if (tellsEnd) alarm.addOkAction(new SnsAction(this.topic));
    this.alarms.push(alarm);
  }
}

/** How often queues are looked at: SQS reports their depth once a minute, and nobody acts on less than five. */
export const alarmPeriod = Duration.minutes(5);
