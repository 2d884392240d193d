import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { digestsKey, schemaKey, sourcePrefixes, sourceWatchKey } from '../functions/shared/object-keys.ts';
import { sandboxOf } from '../functions/shared/platform/guardrails.ts';
import type { SourceSettings } from '../functions/shared/source-settings.ts';
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
 * What each of a source's functions may do: exact actions, and of the bucket only the source's own keys, so that no
 * function can harm another source or what its neighbours in the flow own.
 */
export function sourcePermissions(targets: PermissionTargets) {
  const { archive, windows, loads, secrets } = targets;
  const own = sourcePrefixes(targets.source.id, targets.source.mixpanel.projectId, sandboxOf(targets.source));
  const readWrite = ['s3:GetObject', 's3:PutObject'];
  // Streams of unknown length are uploaded in parts, and those of a failed upload are taken away again.
  const owner = [...readWrite, 's3:DeleteObject', 's3:AbortMultipartUpload'];
  return {
    planWindows: [
      archive.allow(['s3:GetObject'], [...own.ledger, ...own.state]),
      // Of the source's state two objects alone are this function's: the record of looks, and what was read of the ledgers.
      archive.allowKeys(['s3:PutObject'], [sourceWatchKey(targets.source.id), digestsKey(targets.source.id)]),
      archive.allowList([...own.ledger, ...own.state]),
      allowSend(windows.queue, targets.planDeadLetters),
      // Once a day it asks Mixpanel when the credential ends.
      secrets.mixpanel.allowRead(),
    ],
    exportWindow: [
      archive.allow(owner, own.raw),
      // Slices that wait to be joined keep their superseded lines there, which are a stream.
      archive.allow(owner, own.checkpoints),
      archive.allow(readWrite, [...own.ledger, ...own.state, ...own.projectState]),
      archive.allowList([...own.raw, ...own.checkpoints, ...own.ledger, ...own.state, ...own.projectState]),
      allowConsume(windows.queue),
      allowSend(windows.queue, windows.deadLetters, loads.queue),
      secrets.mixpanel.allowRead(),
      ...(secrets.privacy === undefined ? [] : [secrets.privacy.allowRead()]),
    ],
    loadWindow: [
      archive.allow(['s3:GetObject'], own.raw),
      archive.allowKeys(['s3:PutObject'], [own.propertyReports]),
      archive.allow(owner, [...own.rejected, ...own.checkpoints]),
      archive.allow(readWrite, [...own.ledger, ...own.sandboxState]),
      // Of the source's state the schema alone is this function's.
      archive.allowKeys(readWrite, [schemaKey(targets.source.id)]),
      archive.allowList([
        ...own.raw,
        ...own.rejected,
        ...own.checkpoints,
        ...own.ledger,
        ...own.state,
        ...own.sandboxState,
      ]),
      allowConsume(loads.queue),
      allowSend(loads.queue, loads.deadLetters),
      secrets.platform.allowRead(),
    ],
  };
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
