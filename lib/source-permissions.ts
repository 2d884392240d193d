import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { SourceSettings } from '../functions/shared/source-settings.ts';
import { archiveRights, type KeyRights } from './archive-rights.ts';
import type { ArchiveBucket } from './constructs/archive-bucket.ts';
import type { WorkQueue } from './constructs/work-queue.ts';
import type { SourceSecrets } from './source-secrets.ts';

export interface PermissionTargets {
  readonly source: SourceSettings;
  readonly archive: ArchiveBucket;
  readonly windows: WorkQueue;
  readonly loads: WorkQueue;
  readonly planDeadLetters: IQueue;
  readonly secrets: SourceSecrets;
}

/**
 * What each of a source's functions may do: exact actions, and of the bucket only the keys that it uses, so that no
 * function can harm another source or what its neighbours in the flow own.
 */
export function sourcePermissions(targets: PermissionTargets) {
  const { archive, windows, loads, secrets } = targets;
  const rights = archiveRights(targets.source);
  return {
    planWindows: [
      ...allowKeys(archive, rights.planWindows),
      allowSend(windows.queue, targets.planDeadLetters),
      // Once a day it asks Mixpanel when the credential ends.
      secrets.mixpanel.allowRead(),
    ],
    exportWindow: [
      ...allowKeys(archive, rights.exportWindow),
      allowConsume(windows.queue),
      allowSend(windows.queue, windows.deadLetters, loads.queue),
      secrets.mixpanel.allowRead(),
      ...(secrets.privacy === undefined ? [] : [secrets.privacy.allowRead()]),
    ],
    loadWindow: [
      ...allowKeys(archive, rights.loadWindow),
      allowConsume(loads.queue),
      allowSend(loads.queue, loads.deadLetters),
      secrets.platform.allowRead(),
    ],
  };
}

function allowKeys(archive: ArchiveBucket, { read, write, remove, list }: KeyRights): PolicyStatement[] {
  return [
    archive.allowKeys(['s3:GetObject'], read),
    archive.allowKeys(['s3:PutObject'], write),
    // Streams of unknown length are uploaded in parts, and those of a failed upload are taken away again.
    ...(remove.length === 0
      ? []
      : [archive.allowKeys(['s3:DeleteObject', 's3:AbortMultipartUpload'], remove)]),
    archive.allowList(list),
  ];
}

function allowSend(...queues: readonly IQueue[]): PolicyStatement {
  return new PolicyStatement({
    actions: ['sqs:SendMessage'],
    resources: queues.map((queue) => queue.queueArn),
  });
}

function allowConsume(queue: IQueue): PolicyStatement {
  return new PolicyStatement({
    actions: [
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:ChangeMessageVisibility',
      'sqs:GetQueueAttributes',
    ],
    resources: [queue.queueArn],
  });
}
