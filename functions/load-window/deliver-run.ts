import { isInRange } from '../shared/backfill.ts';
import { DeferredError } from '../shared/errors.ts';
import { timeSortedId } from '../shared/ids.ts';
import type { Delivery } from '../shared/ledger.ts';
import type { Manifest } from '../shared/manifest.ts';
import type { DeliverMessage, UploadMessage } from '../shared/messages.ts';
import { batchExternalId } from '../shared/platform/batch-name.ts';
import {
  applyDecision,
  currentDelivery,
  type Decision,
  type DeliveryTarget,
  decide,
  keptRecords,
  recordBatch,
} from './delivery-ledger.ts';
import { disownLostBatch } from './disown-lost-batch.ts';
import { joinDelivery } from './join-delivery.ts';
import { deliveryMappingHash, type LoadDeps, type MapDeps, readManifest, runOf } from './load-deps.ts';
import { settleDelivery } from './settle-delivery.ts';
import { unlessSuperseded } from './unless-superseded.ts';
import { doneUploads } from './upload-checkpoint.ts';
import { restartDelivery, uploadParts } from './upload-parts.ts';
import { uploadsOf } from './upload-plan.ts';
import { withdrawDelivery } from './withdraw-delivery.ts';

/** While another delivery of the window is being ingested, a new one looks again this often. */
const busyPauseMs = 15_000;

/**
 * Delivers a run: opens a delivery in the ledger (or finds that none is needed), gives it a batch, and has its parts
 * uploaded, by this invocation if there is only one and by one message each if there are more.
 *
 * @throws {DeferredError} while an older delivery of the window can't be brought to its end.
 */
export async function deliverRun(deps: MapDeps, message: DeliverMessage, signal: AbortSignal): Promise<void> {
  const run = runOf(deps, message);
  const manifest = await readManifest(deps, run);
  const decision = await settleAndDecide(deps, message, manifest);
  deps.log.info('Load:Delivery:Decided', {
    window: run.date,
    run: run.run,
    decision: decision.kind,
    why: decision.kind === 'skip' ? decision.why : undefined,
  });
  // The dataset holds what the run has.
  if (decision.kind === 'unchanged' || decision.kind === 'empty') deps.metrics.count('WindowsDelivered');
  if (decision.kind !== 'resume') return;

  const { delivery } = decision;
  if (delivery.mappingHash !== deliveryMappingHash(deps, manifest))
    return restartDelivery(deps, run, delivery);
  if (keptRecords(manifest) === 0) return withdrawDelivery(deps, run, delivery, 'empty');
  // Streamed rows need no batch. A delivery that has one began before the source was switched to streaming.
  const isStreamed = deps.inlet !== undefined && delivery.batchId === null;
  const ready = isStreamed ? delivery : await ensureBatch(deps, run.date, delivery);
  if (ready === undefined) return;
  // A run of one upload is uploaded here, and may be overtaken as an upload may.
  const work = { type: 'upload', date: run.date, run: run.run, delivery: ready.id } as const;
  await unlessSuperseded(deps, work, () => uploadAll(deps, ready, manifest, signal));
}

/** An `open` decision is carried out on the spot, so what comes back is never `open` or `settle`. */
async function settleAndDecide(
  deps: MapDeps,
  message: DeliverMessage,
  manifest: Manifest,
): Promise<Decision> {
  const run = runOf(deps, message);
  const target = {
    mappingHash: deliveryMappingHash(deps, manifest),
    datasetId: deps.settings.platform.datasetId,
  };
  // Three rounds: an older delivery is settled at most once, since only this window's newest request gets here, and a
  // batch that was withdrawn is disowned once.
  for (let round = 0; round < 3; round += 1) {
    await reserveBatch(deps, message, manifest, target);
    const id = timeSortedId(deps.clock());
    let decision: Decision = { kind: 'unchanged' };
    const ledger = await deps.ledgers.update(run, (current) => {
      decision = decide(current, manifest, message, target);
      return applyDecision(current, decision, { id, message, target, manifest, nowMs: deps.clock() });
    });
    // TypeScript can't see the assignment inside the callback.
    const decided = decision as Decision;
    if (decided.kind === 'open') {
      const opened = currentDelivery(ledger, id);
      if (opened !== undefined) return { kind: 'resume', delivery: opened };
      continue;
    }
    if (decided.kind === 'unchanged' && (await disownLostBatch(deps, message))) continue;
    if (decided.kind !== 'settle') return decided;
    const settled = await settleDelivery(
      deps,
      run.date,
      decided.delivery,
      `superseded by run ${message.run}`,
    );
    if (!settled) break;
  }
  throw new DeferredError(
    'delivery_open',
    `delivering run ${message.run}: an older delivery of the window is being ingested`,
    busyPauseMs,
  );
}

/**
 * A delivery that must wait for the sandbox's budget waits before it is opened: its window stays as it is.
 *
 * @throws {DeferredError} `batch_budget_exhausted`
 */
async function reserveBatch(
  deps: LoadDeps,
  message: DeliverMessage,
  manifest: Manifest,
  target: DeliveryTarget,
): Promise<void> {
  // Streamed rows open no batch of ours.
  if (deps.inlet !== undefined) return;
  const run = runOf(deps, message);
  const ledger = await deps.ledgers.read(run);
  if (decide(ledger, manifest, message, target).kind !== 'open' || keptRecords(manifest) === 0) return;
  // The same until the delivery is opened, so that a repeated message counts once.
  const id = [run.source, run.date, message.request, ledger.deliveries[0]?.id ?? 'first'].join(' ');
  await deps.budget.reserveBatch(id, isInRange(message.request) ? 'backfill' : 'daily');
}

/**
 * Gives the delivery its batch. A batch whose creation was answered but not recorded, or whose answer was lost, is
 * found again by its external id; one that turns out to be superfluous stays without files and is never completed.
 */
async function ensureBatch(deps: LoadDeps, date: string, delivery: Delivery): Promise<Delivery | undefined> {
  if (delivery.batchId !== null) return delivery;
  const { datasetId, maxRejectedPercent: maxFailedPercent } = deps.settings.platform;
  const externalId = batchExternalId(deps.stackName, { source: deps.settings.id, date }, delivery.id);
  const known = await deps.batches.findByExternalId(datasetId, externalId);
  const batchId =
    known.find((batch) => batch.phase === 'open')?.id ??
    (await deps.batches.create({ datasetId, externalId, replaces: delivery.replaces, maxFailedPercent }));
  const ledger = await deps.ledgers.update({ source: deps.settings.id, date }, (current) =>
    recordBatch(current, delivery.id, batchId),
  );
  const recorded = currentDelivery(ledger, delivery.id);
  if (recorded?.batchId !== batchId) await deps.batches.abort(batchId);
  deps.log.info('Load:Batch:Opened', {
    window: date,
    run: delivery.run,
    batch: recorded?.batchId,
    externalId,
  });
  return recorded;
}

async function uploadAll(
  deps: MapDeps,
  delivery: Delivery,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<void> {
  const { date, run } = manifest;
  const uploads = uploadsOf(manifest, deps.sizes);
  const done = await doneUploads(
    deps,
    { date, delivery: delivery.id },
    uploads.map(([first = 0]) => first),
  );
  const missing = uploads.filter(([first = 0]) => !done.has(first));
  const message = (parts: number[]): UploadMessage => ({
    version: 1,
    type: 'upload',
    date,
    run,
    delivery: delivery.id,
    parts,
  });
  const [first, ...others] = missing;
  if (first === undefined) return joinDelivery(deps, delivery, manifest);
  if (others.length === 0) return uploadParts(deps, message(first), signal);
  for (const parts of missing) await deps.loadQueue.send(message(parts));
}
