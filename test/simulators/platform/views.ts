import type { Batch } from './batch.ts';
import type { Platform } from './platform.ts';
import { notFound } from './reply.ts';

/** @throws {ReplyError} 404 when there is no such batch. */
export function batchOf(platform: Platform, id: string): Batch {
  const batch = platform.batches.get(id);
  if (batch === undefined) throw notFound(`there is no batch ${id}`);
  return batch;
}

/** The user that the technical account of the credential acts as. */
const user = 'simulator@techacct.adobe.com';

/** What Batch Ingestion answers to a new batch. */
export function batchView(platform: Platform, batch: Batch): Record<string, unknown> {
  return {
    id: batch.id,
    imsOrg: platform.settings.orgId,
    updated: 0,
    status: batch.status,
    created: 0,
    relatedObjects: [{ type: 'dataSet', id: batch.datasetId }],
    version: '1.0.0',
    tags: batch.tags,
    createdUser: user,
    updatedUser: user,
    externalId: batch.externalId,
    inputFormat: { format: batch.format },
    ...(batch.replay === undefined ? {} : { replay: batch.replay }),
  };
}

/** What Catalog says about a batch. Counts appear when it has succeeded, not before. */
export function catalogView(platform: Platform, batch: Batch): Record<string, unknown> {
  const { inputRecordCount, failedRecordCount, inputByteSize } = batch.metrics;
  const counts =
    batch.activation === undefined
      ? {}
      : { metrics: batch.metrics, recordCount: inputRecordCount, failedRecordCount, size: inputByteSize };
  return {
    ...batchView(platform, batch),
    id: undefined,
    created: batch.created,
    updated: batch.updated,
    started: batch.started,
    completed: batch.completed,
    createdClient: platform.settings.clientId,
    sandboxId: '11111111-2222-4333-8444-555555555555',
    tags: { ...batch.tags, ...ingestionTags(batch) },
    inputFormat: { format: batch.format, isMultiLineJson: batch.isMultiLineJson },
    errors: batch.errors,
    ...counts,
    ...(batch.replay === undefined
      ? {}
      : { replay: { ...batch.replay, predecessorListingType: 'IMMEDIATE' } }),
    ...(batch.status === 'failed' ? { failedBatchLocation: exportUrl(platform, batch.id, 'failed') } : {}),
  };
}

function ingestionTags(batch: Batch): Record<string, string[]> {
  const percent = batch.partialIngestionPercent;
  return {
    acp_enableErrorDiagnostics: [String(batch.diagnostics)],
    ...(percent === undefined ? {} : { acp_partialIngestionPercent: [String(percent)] }),
  };
}

/** Where a batch's files can be fetched. */
export function exportUrl(platform: Platform, batchId: string, kind: 'failed' | 'meta' | 'files'): string {
  return `${platform.url}/data/foundation/export/batches/${batchId}/${kind}`;
}

/** A view cut down to the properties that a list was asked for, comma-separated; whole when it was not. */
export function picked(
  view: Record<string, unknown>,
  properties: string | undefined,
): Record<string, unknown> {
  if (properties === undefined) return view;
  const wanted = properties.split(',');
  return Object.fromEntries(Object.entries(view).filter(([name]) => wanted.includes(name)));
}
