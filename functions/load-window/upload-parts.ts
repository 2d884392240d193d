import { DeferredError, TerminalError } from '../shared/errors.ts';
import type { Delivery } from '../shared/ledger.ts';
import type { Manifest } from '../shared/manifest.ts';
import type { DeliverMessage, UploadMessage } from '../shared/messages.ts';
import { partName, type RunRef } from '../shared/object-keys.ts';
import { createProfileBuilder } from '../shared/property-profile.ts';
import { createBatchFiles } from './batch-files.ts';
import { type SizeWatch, watchBatchSize } from './batch-size.ts';
import { deliveryOf } from './delivery-ledger.ts';
import { joinDelivery } from './join-delivery.ts';
import { deliveryMappingHash, type LoadDeps, type MapDeps, readManifest, runOf } from './load-deps.ts';
import { mapPart, type PartCounts } from './map-part.ts';
import type { RowSink } from './row-sink.ts';
import { settleDelivery } from './settle-delivery.ts';
import { createRowStream } from './stream-rows.ts';
import {
  readCheckpoint,
  readProgress,
  type UploadProgress,
  type UploadRef,
  writeCheckpoint,
  writeProgress,
} from './upload-checkpoint.ts';
import { uploadSizes, uploadsOf } from './upload-plan.ts';

/** Before a delivery that began with another mapping is begun anew. */
const restartPauseMs = 5_000;

/**
 * Maps the message's parts into files of the delivery's batch, then joins. Repeating it replaces the same files by
 * the same rows; an upload with a checkpoint is not touched again.
 *
 * @throws {DeferredError} `upload_continues` when the time is over and something was uploaded: the rest is for
 *   another message, which goes on where this one stopped.
 */
export async function uploadParts(deps: MapDeps, message: UploadMessage, signal: AbortSignal): Promise<void> {
  const run = runOf(deps, message);
  const delivery = deliveryOf(await deps.ledgers.read(run), message);
  if (delivery === undefined) {
    deps.log.info('Load:Delivery:Closed', { window: run.date, run: run.run, delivery: message.delivery });
    return;
  }
  const manifest = await readManifest(deps, run);
  if (delivery.mappingHash !== deliveryMappingHash(deps, manifest))
    return restartDelivery(deps, message, delivery);
  const asked = uploadsOf(manifest, deps.sizes).filter((parts) =>
    parts.some((part) => message.parts.includes(part)),
  );
  for (const parts of asked) await uploadOnce(deps, { delivery, manifest, parts }, signal);
  await joinDelivery(deps, delivery, manifest);
}

interface Upload {
  readonly delivery: Delivery;
  readonly manifest: Manifest;
  readonly parts: readonly number[];
}

async function uploadOnce(deps: MapDeps, upload: Upload, signal: AbortSignal): Promise<void> {
  const { delivery, manifest, parts } = upload;
  const ref: UploadRef = { date: manifest.date, delivery: delivery.id, part: parts[0] ?? 0 };
  if ((await readCheckpoint(deps, ref)) !== undefined) return;
  const startedMs = deps.clock();
  const where = { window: manifest.date, run: manifest.run, part: ref.part };
  let moved = false;
  const onProgress = async (progress: UploadProgress) => {
    await writeProgress(deps, ref, progress);
    moved = true;
  };
  try {
    const counts = await mapAndUpload(deps, { ...upload, ref, onProgress }, signal);
    await writeCheckpoint(deps, ref, { version: 1, part: ref.part, ...counts });
    const { ruleErrors, properties: _, ...lines } = counts;
    deps.log.info('Load:Part:Uploaded', { ...where, ...lines, ms: deps.clock() - startedMs });
    const failed = Object.entries(ruleErrors).map(([rule, times]) => `${rule}: ${times}`);
    if (failed.length > 0) deps.log.warn('Load:Rules:Failed', { ...where, rules: failed });
  } catch (error) {
    if (signal.aborted && moved)
      throw new DeferredError('upload_continues', `uploading part ${ref.part}: the time is over`, 0);
    // A copy of this message was faster and the batch is complete already: Platform then refuses more files.
    const wasUploaded = error instanceof TerminalError && (await readCheckpoint(deps, ref)) !== undefined;
    if (!wasUploaded) throw error;
  }
}

interface UploadWork extends Upload {
  readonly ref: UploadRef;
  readonly onProgress: (progress: UploadProgress) => Promise<void>;
}

/**
 * Lines whose rows are in the batch already are mapped once more, for their counts and rejections: mapping takes
 * seconds, and only uploading depends on a network.
 */
async function mapAndUpload(deps: MapDeps, work: UploadWork, signal: AbortSignal) {
  const { delivery, manifest, parts, ref } = work;
  const from = await readProgress(deps, ref);
  const bytesBefore = from?.bytes ?? 0;
  const isBatch = delivery.batchId !== null;
  // A row is about as large as its line; what it has more is known, and added, once it is made.
  const lineBytes = parts.reduce((sum, part) => sum + (manifest.parts[part]?.bytes ?? 0), 0);
  const reserved = Math.max(0, lineBytes - bytesBefore);
  const isOnly = uploadsOf(manifest, deps.sizes).length === 1;
  const size = isBatch ? await watchBatchSize(deps, ref, { from, isOnly }) : undefined;
  if (isBatch) await deps.budget.reserveBytes(reserved);
  const sink = openSink(deps, { ...work, from, size }, signal);
  const all: PartCounts[] = [];
  for (const part of parts) all.push(await mapPart(deps, manifest, part, sink, signal));
  await sink.close();
  if (isBatch) await deps.budget.addBytes(sink.bytes - bytesBefore - reserved);
  await size?.close();
  return { ...summed(all), files: sink.count, bytes: sink.bytes };
}

interface Begun {
  /** What earlier invocations have sent. */
  readonly from: UploadProgress | undefined;
  /** Only of a batch. */
  readonly size: SizeWatch | undefined;
}

/** A delivery without a batch is one that is streamed. */
function openSink(
  deps: MapDeps,
  { delivery, ref, onProgress, from, size }: UploadWork & Begun,
  signal: AbortSignal,
): RowSink {
  const { batchId, datasetId } = delivery;
  if (batchId !== null) {
    return createBatchFiles({
      fileBytes: (deps.sizes ?? uploadSizes).fileBytes,
      from,
      onProgress,
      async putFile(index, body) {
        await size?.admit(body);
        await deps.batches.putFile(batchId, datasetId, fileName(ref.part, index), body, signal);
      },
    });
  }
  if (deps.inlet === undefined) throw new TerminalError('inlet_missing', 'streaming rows: there is no inlet');
  return createRowStream({ inlet: deps.inlet, from, onProgress, signal });
}

function summed(parts: readonly PartCounts[]): PartCounts {
  const ruleErrors: Record<string, number> = {};
  const profile = createProfileBuilder();
  for (const part of parts) {
    profile.addProfile(part.properties);
    for (const [rule, times] of Object.entries(part.ruleErrors))
      ruleErrors[rule] = (ruleErrors[rule] ?? 0) + times;
  }
  const total = (count: 'filtered' | 'rejected' | 'mapped') =>
    parts.reduce((sum, part) => sum + part[count], 0);
  return {
    filtered: total('filtered'),
    rejected: total('rejected'),
    mapped: total('mapped'),
    ruleErrors,
    properties: profile.profile(),
  };
}

/** @example part-00003-000.json */
function fileName(firstPart: number, index: number): string {
  return `${partName(firstPart)}-${String(index).padStart(3, '0')}.json`;
}

/** A mapping deployed in the middle of a delivery: what was begun is given up, and the run delivered with the new one. */
export async function restartDelivery(
  deps: LoadDeps,
  { date, run }: Pick<RunRef, 'date' | 'run'>,
  delivery: Delivery,
): Promise<void> {
  const settled = await settleDelivery(deps, date, delivery, 'the mapping was changed during the delivery');
  if (!settled) {
    throw new DeferredError(
      'delivery_open',
      'restarting a delivery after a mapping change: its batch is being ingested',
      restartPauseMs,
    );
  }
  const { request, reason } = delivery;
  const again: DeliverMessage = { version: 1, type: 'deliver', date, run, request, reload: false, reason };
  await deps.loadQueue.send(again);
}
