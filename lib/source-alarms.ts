import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import { credentialNoticeDays } from '../functions/shared/mixpanel/credential-end.ts';
import type { AlarmRule } from './constructs/connector-alarm.ts';
import { depthOf, ownMetric, sumOver, type WatchedSource, watchPeriod } from './source-metrics.ts';

const hour = Duration.hours(1);

/** Each alarm costs 0.10 USD a month for each metric that it looks at, so there is one for each kind of trouble and no more. */
export function sourceAlarms(stackName: string, source: WatchedSource): readonly AlarmRule[] {
  return [
    ...stateAlarms(stackName, source),
    ...eventAlarms(stackName, source),
    ...functionAlarms(stackName, source),
  ];
}

/** What lasts until it is mended, and is told to be gone when it is. */
function stateAlarms(stackName: string, source: WatchedSource): AlarmRule[] {
  const owner = { stackName, source: source.sourceId };
  // An idle queue stops reporting after six hours; that is no news about it.
  const ofQueue = { missing: TreatMissingData.IGNORE, tellsEnd: true };
  return [
    {
      kind: 'windows-late',
      metric: ownMetric(owner, 'WindowsLate', { statistic: 'Maximum', period: watchPeriod }),
      // An hour that has only begun has no measurement yet: one hour without is no silence.
      periods: 2,
      // The one alarm that is also raised when nothing runs at all.
      missing: TreatMissingData.BREACHING,
      tellsEnd: true,
    },
    { kind: 'window-dead-letters', metric: depthOf(source.windows.deadLetters), ...ofQueue },
    { kind: 'load-dead-letters', metric: depthOf(source.loads.deadLetters), ...ofQueue },
    {
      kind: 'credentials-expiring',
      metric: ownMetric(owner, 'CredentialDaysLeft', { statistic: 'Minimum', period: Duration.days(1) }),
      threshold: credentialNoticeDays,
      comparison: ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD,
      // A credential that has no end, or does not tell it.
      missing: TreatMissingData.NOT_BREACHING,
      tellsEnd: true,
    },
  ];
}

/**
 * What happens at a moment. Nothing is reported while nothing happens; and a count falls back by itself, whether the
 * cause was mended or not, so no end is told.
 */
function eventAlarms(stackName: string, source: WatchedSource): AlarmRule[] {
  const owner = { stackName, source: source.sourceId };
  const passing = { missing: TreatMissingData.NOT_BREACHING, tellsEnd: false };
  return [
    {
      kind: 'credentials-refused',
      metric: ownMetric(owner, 'CredentialsRefused', { statistic: 'Sum' }),
      ...passing,
    },
    {
      kind: 'window-rejected',
      metric: ownMetric(owner, 'WindowsRejected', { statistic: 'Sum' }),
      ...passing,
    },
    { kind: 'batch-failed', metric: ownMetric(owner, 'BatchesFailed', { statistic: 'Sum' }), ...passing },
    {
      kind: 'records-rejected',
      metric: ownMetric(owner, 'RejectedPercent', { statistic: 'Maximum' }),
      // Early enough to mend the mapping before a window is held back.
      threshold: source.maxRejectedPercent / 2,
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      ...passing,
    },
    {
      kind: 'exports-incomplete',
      metric: ownMetric(owner, 'ExportsIncomplete', { statistic: 'Sum', period: hour }),
      // One cut answer is asked for again and forgotten; the third in an hour is no accident.
      threshold: 3,
      ...passing,
    },
    {
      kind: 'budget-exhausted',
      metric: ownMetric(owner, 'BudgetExhausted', { statistic: 'Sum', period: hour }),
      ...passing,
    },
  ];
}

function functionAlarms(stackName: string, source: WatchedSource): AlarmRule[] {
  const { planWindows, exportWindow, loadWindow } = source;
  const passing = { missing: TreatMissingData.NOT_BREACHING, tellsEnd: false };
  return [
    {
      kind: 'function-errors',
      metric: sumOver([planWindows, exportWindow, loadWindow], 'metricErrors'),
      ...passing,
    },
    {
      kind: 'function-throttles',
      // The plan function is started again for hours; only queues grow while theirs can't start.
      metric: sumOver([exportWindow, loadWindow], 'metricThrottles'),
      // A quarter of an hour: a message that was refused comes back by itself.
      periods: 3,
      ...passing,
    },
    {
      kind: 'function-slow',
      metric: ownMetric({ stackName, source: source.sourceId }, 'SecondsToSpare', { statistic: 'Minimum' }),
      // Half of what a function keeps free to end in good order (`settlingReserveMs`).
      threshold: 10,
      comparison: ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD,
      ...passing,
    },
  ];
}
