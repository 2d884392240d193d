import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Duration, Size, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { ExportWindowVariables } from '../functions/export-window/env.ts';
import type { LoadWindowVariables } from '../functions/load-window/env.ts';
import type { PlanWindowsVariables } from '../functions/plan-windows/env.ts';
import type { SourceSettings } from '../functions/shared/source-settings.ts';
import { bundledMapping } from './bundle-functions.ts';
import { ConnectorFunction } from './constructs/connector-function.ts';
import type { CustomerKey } from './constructs/customer-key.ts';
import type { StaticEgress } from './constructs/static-egress.ts';
import { maxReceiveCount, type WorkQueue } from './constructs/work-queue.ts';
import type { CodeFor } from './function-code.ts';
import type { SourceSecrets } from './source-secrets.ts';

/** Lambda's longest; a window that needs more goes on in another invocation. */
export const workTimeout = Duration.minutes(15);
/**
 * Planning is a handful of small requests. Reading the ledgers of three years takes a second of a whole processor and a
 * thousand requests; with a seventh of one, this leaves room for decades.
 */
const planTimeout = Duration.minutes(5);
/** One whole processor: all that one thread of gunzip, JSON and gzip can use. */
const workMemoryMb = 1769;
const planMemoryMb = 256;
/** Keys for finding duplicates spill to disk, 48 MB for a million events: room for the forty million of one query. */
const exportStorage = Size.mebibytes(2048);

/** What a source's functions are made from. */
export interface FunctionParts {
  readonly source: SourceSettings;
  readonly bucketName: string;
  readonly windows: WorkQueue;
  readonly loads: WorkQueue;
  readonly planDeadLetters: IQueue;
  readonly secrets: SourceSecrets;
  readonly codeFor: CodeFor;
  readonly logGroup: ILogGroup;
  readonly egress: StaticEgress | undefined;
  readonly key: CustomerKey;
  /** Windows that all schedules of the source's Mixpanel project export in a day. */
  readonly projectDailyWindows: number;
  /** Windows that all schedules of the source's sandbox deliver in a day. */
  readonly sandboxDailyWindows: number;
}

/** Starts the day: sends the windows that are due to the window queue; and looks every hour how the source fares. */
export function planWindowsFunction(
  scope: Construct,
  parts: FunctionParts,
  permissions: readonly PolicyStatement[],
): IFunction {
  return new ConnectorFunction(scope, 'PlanWindows', {
    description: `Plans the windows of ${parts.source.id} that are due`,
    code: parts.codeFor('plan-windows', parts.source),
    logGroup: parts.logGroup,
    egress: parts.egress,
    key: parts.key,
    timeout: planTimeout,
    memoryMb: planMemoryMb,
    permissions,
    deadLetterQueue: parts.planDeadLetters,
    environment: {
      ...commonVariables(scope, parts),
      WINDOW_QUEUE_URL: parts.windows.queue.queueUrl,
      MIXPANEL_SECRET_ID: parts.secrets.mixpanel.secretId,
    } satisfies PlanWindowsVariables,
  }).function;
}

/** Takes the window queue: one window from Mixpanel to the archive. */
export function exportWindowFunction(
  scope: Construct,
  parts: FunctionParts,
  permissions: readonly PolicyStatement[],
): IFunction {
  return new ConnectorFunction(scope, 'ExportWindow', {
    description: `Exports a window of ${parts.source.id} from Mixpanel to the archive`,
    code: parts.codeFor('export-window', parts.source),
    logGroup: parts.logGroup,
    egress: parts.egress,
    key: parts.key,
    timeout: workTimeout,
    memoryMb: workMemoryMb,
    ephemeralStorage: exportStorage,
    permissions,
    sendsToItself: true,
    environment: {
      ...commonVariables(scope, parts),
      WINDOW_QUEUE_URL: parts.windows.queue.queueUrl,
      WINDOW_DEAD_LETTER_QUEUE_URL: parts.windows.deadLetters.queueUrl,
      LOAD_QUEUE_URL: parts.loads.queue.queueUrl,
      MIXPANEL_SECRET_ID: parts.secrets.mixpanel.secretId,
      ...(parts.secrets.privacy === undefined ? {} : { PRIVACY_SECRET_ID: parts.secrets.privacy.secretId }),
      PROJECT_DAILY_WINDOWS: String(parts.projectDailyWindows),
      MAX_RECEIVE_COUNT: String(maxReceiveCount),
    } satisfies ExportWindowVariables,
  }).function;
}

/** Takes the load queue: one run from the archive to Platform. */
export function loadWindowFunction(
  scope: Construct,
  parts: FunctionParts,
  permissions: readonly PolicyStatement[],
): IFunction {
  return new ConnectorFunction(scope, 'LoadWindow', {
    description: `Maps a run of ${parts.source.id} and delivers it to Platform`,
    code: parts.codeFor('load-window', parts.source),
    logGroup: parts.logGroup,
    egress: parts.egress,
    key: parts.key,
    timeout: workTimeout,
    memoryMb: workMemoryMb,
    permissions,
    sendsToItself: true,
    environment: {
      ...commonVariables(scope, parts),
      LOAD_QUEUE_URL: parts.loads.queue.queueUrl,
      LOAD_DEAD_LETTER_QUEUE_URL: parts.loads.deadLetters.queueUrl,
      PLATFORM_SECRET_ID: parts.secrets.platform.secretId,
      SANDBOX_DAILY_WINDOWS: String(parts.sandboxDailyWindows),
      MAX_RECEIVE_COUNT: String(maxReceiveCount),
    } satisfies LoadWindowVariables,
  }).function;
}

function commonVariables(scope: Construct, parts: FunctionParts) {
  return {
    STACK_NAME: Stack.of(scope).stackName,
    // Where the mapping set lay on the machine that deployed means nothing in Lambda, where it is in the bundle.
    SOURCE: JSON.stringify({ ...parts.source, mapping: bundledMapping }),
    BUCKET_NAME: parts.bucketName,
  };
}
