import { Alarm, ComparisonOperator, type IMetric, type TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { type AlarmKind, alarmDescription } from '../alarm-texts.ts';

/** When an alarm is raised. */
export interface AlarmRule {
  readonly kind: AlarmKind;
  readonly metric: IMetric;
  /** @default 1 */
  readonly threshold?: number;
  /** @default at the threshold, or above it */
  readonly comparison?: ComparisonOperator;
  /** How many periods in a row. @default 1 */
  readonly periods?: number;
  /** What to think while the metric says nothing. */
  readonly missing: TreatMissingData;
  /** Whether to tell, too, that the cause is gone. */
  readonly tellsEnd: boolean;
}

export interface AlarmOwner {
  /** What the alarm's name begins with. */
  readonly stackName: string;
  /** The source that it is about; none for what all sources share. */
  readonly source?: string;
  readonly topic: ITopic;
}

/** Makes an alarm whose text says all that is needed at three in the morning. */
export function addAlarm(scope: Construct, { stackName, source, topic }: AlarmOwner, rule: AlarmRule): void {
  const { kind, metric, threshold, comparison, periods, missing, tellsEnd } = rule;
  const alarm = new Alarm(scope, kind, {
    alarmName: [stackName, source, kind].filter((word) => word !== undefined).join('-'),
    alarmDescription: alarmDescription(kind, source),
    metric,
    threshold: threshold ?? 1,
    comparisonOperator: comparison ?? ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: periods ?? 1,
    treatMissingData: missing,
  });
  alarm.addAlarmAction(new SnsAction(topic));
  if (tellsEnd) alarm.addOkAction(new SnsAction(topic));
}
