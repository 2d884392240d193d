import { DeferredError, TerminalError } from '../shared/errors.ts';
import type { Delivery } from '../shared/ledger.ts';
import type { Manifest } from '../shared/manifest.ts';
import type { DeliverMessage, UploadMessage } from '../shared/messages.ts';
import { partName } from '../shared/object-keys.ts';
import { currentDelivery } from './delivery-ledger.ts';
import { joinDelivery } from './join-delivery.ts';
import { deliveryMappingHash, type LoadDeps, readManifest, runOf } from './load-deps.ts';
import { mapPart } from './map-part.ts';
import { readPartCheckpoint, writePartCheckpoint } from './part-checkpoint.ts';
import { settleDelivery } from './settle-delivery.ts';

/** Before a delivery that began with another mapping is begun anew. */
const restartPauseMs = 5_000;

/**
 * Maps the message's parts into files of the delivery's batch, then joins. Repeating it replaces the same files by
 * the same rows; a part with a checkpoint is not touched again.
 */
export async function uploadPart(deps: LoadDeps, message: UploadMessage, signal: AbortSignal): Promise<void> {
  const run = runOf(deps, message);
  const delivery = currentDelivery(await deps.ledgers.read(run), message.delivery);
  if (delivery === undefined || delivery.batchId === null) {
    deps.log.info('Load:Delivery:Closed', { window: run.date, run: run.run, delivery: message.delivery });
    return;
  }
  const manifest = await readManifest(deps, run);
  if (delivery.mappingHash !== deliveryMappingHash(deps, manifest)) return restart(deps, message, delivery);
  for (const part of message.parts)
    await uploadOnce(deps, { delivery, manifest, part, batchId: delivery.batchId }, signal);
  await joinDelivery(deps, delivery, manifest);
}

interface PartUpload {
  readonly delivery: Delivery;
  readonly manifest: Manifest;
  readonly part: number;
  readonly batchId: string;
}

async function uploadOnce(deps: LoadDeps, upload: PartUpload, signal: AbortSignal): Promise<void> {
  const { delivery, manifest, part, batchId } = upload;
  const ref = { date: manifest.date, delivery: delivery.id };
  if ((await readPartCheckpoint(deps, ref, part)) !== undefined) return;
  const startedMs = deps.clock();
  const { datasetId } = deps.settings.platform;
  const putFile = (index: number, body: readonly Buffer[]) =>
    deps.batches.putFile(batchId, datasetId, fileName(part, index), body, signal);
  try {
    const counts = await mapPart(deps, manifest, part, putFile, signal);
    await writePartCheckpoint(deps, ref, { version: 1, part, ...counts });
    const where = { window: manifest.date, run: manifest.run, part };
    const { ruleErrors, ...lines } = counts;
    deps.log.info('Load:Part:Uploaded', { ...where, ...lines, ms: deps.clock() - startedMs });
    const failed = Object.entries(ruleErrors).map(([rule, times]) => `${rule}: ${times}`);
    if (failed.length > 0) deps.log.warn('Load:Rules:Failed', { ...where, rules: failed });
  } catch (error) {
    // A copy of this message was faster and the batch is complete already: Platform then refuses more files.
    const wasUploaded =
      error instanceof TerminalError && (await readPartCheckpoint(deps, ref, part)) !== undefined;
    if (!wasUploaded) throw error;
  }
}

/** @example part-00003-000.json */
function fileName(part: number, index: number): string {
  return `${partName(part)}-${String(index).padStart(3, '0')}.json`;
}

/** A mapping deployed in the middle of a delivery: its batch is given up, and the run delivered with the new one. */
async function restart(deps: LoadDeps, message: UploadMessage, delivery: Delivery): Promise<void> {
  const settled = await settleDelivery(
    deps,
    message.date,
    delivery,
    'the mapping was changed during the delivery',
  );
  if (!settled) {
    throw new DeferredError(
      'delivery_open',
      'restarting a delivery after a mapping change: its batch is being ingested',
      restartPauseMs,
    );
  }
  const again: DeliverMessage = {
    version: 1,
    type: 'deliver',
    date: message.date,
    run: message.run,
    request: delivery.request,
    reload: false,
    reason: delivery.reason,
  };
  await deps.loadQueue.send(again);
}
