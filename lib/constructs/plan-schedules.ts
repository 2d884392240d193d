import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Duration, Stack, TimeZone } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { WatchEvent } from '../../functions/plan-windows/env.ts';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import { watchPeriod } from '../source-metrics.ts';
import { allowKey, type CustomerKey } from './customer-key.ts';
import { DeadLetterQueue, requireTls } from './work-queue.ts';

/** Half a day: planning late still serves the day, and tomorrow's plan looks back over what today's missed. */
const maxEventAge = Duration.hours(12);

/** What all sources' schedules share: the right to start the plan functions, and a place for starts that failed. */
export class PlanSchedules extends Construct {
  /** Starts that the scheduler, or the plan function itself, could not bring to a good end. */
  readonly deadLetters: IQueue;
  private readonly role: Role;

  constructor(scope: Construct, id: string, key: CustomerKey) {
    super(scope, id);
    this.deadLetters = new DeadLetterQueue(this, 'DeadLetters', key).queue;
    requireTls(this, [this.deadLetters]);
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        // No other account's schedule may borrow the role.
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    for (const statement of allowKey(key)) this.role.addToPolicy(statement);
  }

  /** Starts a source's plan function every day. */
  addDaily(scope: Construct, source: SourceSettings, planWindows: IFunction): void {
    const [hour, minute] = source.schedule.at.split(':').map(Number);
    new Schedule(scope, 'Schedule', {
      description: `Plans the windows of ${source.id}`,
      enabled: source.schedule.enabled,
      schedule: ScheduleExpression.cron({
        hour: String(hour),
        minute: String(minute),
        timeZone: TimeZone.of(source.mixpanel.timezone),
      }),
      target: new LambdaInvoke(planWindows, {
        role: this.role,
        deadLetterQueue: this.deadLetters,
        maxEventAge,
      }),
    });
  }

  /**
   * Has a source's plan function look every hour how the source fares, also where no windows are planned: its silence is
   * an alarm.
   */
  addWatch(scope: Construct, source: SourceSettings, planWindows: IFunction): void {
    const event: WatchEvent = { watch: true };
    new Schedule(scope, 'WatchSchedule', {
      description: `Looks how ${source.id} fares`,
      schedule: ScheduleExpression.rate(watchPeriod),
      // Late, it would measure the same moment as the next one; and what was missed is seen by the alarm.
      target: new LambdaInvoke(planWindows, {
        role: this.role,
        input: ScheduleTargetInput.fromObject(event),
        retryAttempts: 0,
      }),
    });
  }
}
