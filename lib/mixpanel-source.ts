import { EventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { SourceSettings } from '../functions/shared/source-settings.ts';
import type { ArchiveBucket } from './constructs/archive-bucket.ts';
import type { CustomerKey } from './constructs/customer-key.ts';
import type { PlanSchedules } from './constructs/plan-schedules.ts';
import type { StaticEgress } from './constructs/static-egress.ts';
import { requireTls, WorkQueue } from './constructs/work-queue.ts';
import type { CodeFor } from './function-code.ts';
import {
  exportWindowFunction,
  loadWindowFunction,
  planWindowsFunction,
  workTimeout,
} from './source-functions.ts';
import type { WatchedSource } from './source-metrics.ts';
import { sourcePermissions } from './source-permissions.ts';
import { type SourceSecrets, sourceSecrets } from './source-secrets.ts';

/** The least that SQS allows, and well below the 3 queries a second that Mixpanel takes. */
export const maxExports = 2;
/** Parts of a window are mapped side by side; four keep far from Platform's upload limits. */
export const maxLoads = 4;

export interface MixpanelSourceProps {
  readonly source: SourceSettings;
  readonly codeFor: CodeFor;
  readonly archive: ArchiveBucket;
  readonly schedules: PlanSchedules;
  readonly egress: StaticEgress | undefined;
  readonly key: CustomerKey;
  /** Windows that all schedules of the source's Mixpanel project export in a day. */
  readonly projectDailyWindows: number;
  /** Windows that all schedules of the source's sandbox deliver in a day. */
  readonly sandboxDailyWindows: number;
}

/** One source: schedule → plan → window queue → export → load queue → load, and what is needed on the way. */
export class MixpanelSource extends Construct implements WatchedSource {
  readonly sourceId: string;
  readonly maxRejectedPercent: number;
  readonly secrets: SourceSecrets;
  readonly windows: WorkQueue;
  readonly loads: WorkQueue;
  readonly planWindows: IFunction;
  readonly exportWindow: IFunction;
  readonly loadWindow: IFunction;
  readonly logs: LogGroup;

  constructor(scope: Construct, id: string, props: MixpanelSourceProps) {
    super(scope, id);
    const { source, archive, schedules, key } = props;
    this.sourceId = source.id;
    this.maxRejectedPercent = source.platform.maxRejectedPercent;
    this.secrets = sourceSecrets(this, source, key);
    this.windows = new WorkQueue(this, 'WindowQueue', {
      consumerTimeout: workTimeout,
      key,
    });
    this.loads = new WorkQueue(this, 'LoadQueue', {
      consumerTimeout: workTimeout,
      key,
    });
    requireTls(
      this,
      [this.windows, this.loads].flatMap((work) => [work.queue, work.deadLetters]),
    );
    this.logs = this.logGroup(key);
    const parts = {
      ...props,
      bucketName: archive.bucket.bucketName,
      windows: this.windows,
      loads: this.loads,
      planDeadLetters: schedules.deadLetters,
      secrets: this.secrets,
      logGroup: this.logs,
    };
    const permissions = sourcePermissions(parts);

    this.planWindows = planWindowsFunction(this, parts, permissions.planWindows);
    schedules.addDaily(this, source, this.planWindows);
    schedules.addWatch(this, source, this.planWindows);

    this.exportWindow = exportWindowFunction(this, parts, permissions.exportWindow);
    this.feed('WindowMessages', this.windows.queue, this.exportWindow, maxExports);

    this.loadWindow = loadWindowFunction(this, parts, permissions.loadWindow);
    this.feed('LoadMessages', this.loads.queue, this.loadWindow, maxLoads);
  }

  /** One for the source's three functions, so that a window's whole way can be read in one place. */
  private logGroup(key: CustomerKey): LogGroup {
    return new LogGroup(this, 'Logs', {
      // A quarter: longer than any lookback, backfill or question about last month. The ledgers stay for good.
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
      ...(key === undefined ? {} : { encryptionKey: key }),
    });
  }

  /** One message at a time: each is minutes of work, and the function is sized for one. */
  private feed(id: string, queue: IQueue, target: IFunction, maxConcurrency: number): void {
    new EventSourceMapping(this, id, {
      target,
      eventSourceArn: queue.queueArn,
      batchSize: 1,
      reportBatchItemFailures: true,
      maxConcurrency,
    });
  }
}
