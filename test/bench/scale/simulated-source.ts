import { createManifest } from '../../../functions/export-window/run-manifest.ts';
import { planSlices } from '../../../functions/export-window/slices/plan-slices.ts';
import { type Slice, secondsPerDay } from '../../../functions/export-window/slices/slice.ts';
import { confirmPauseMs } from '../../../functions/load-window/confirm-delivery.ts';
import { uploadsOf } from '../../../functions/load-window/upload-plan.ts';
import type { DeliveryBudget } from '../../../functions/shared/delivery-budget.ts';
import type { Manifest, ManifestPart } from '../../../functions/shared/manifest.ts';
import { partKey } from '../../../functions/shared/object-keys.ts';
import { guardrails } from '../../../functions/shared/platform/guardrails.ts';
import type { QueryBudget } from '../../../functions/shared/query-budget.ts';
import { settlingReserveMs } from '../../../functions/shared/settle-message.ts';
import { workTimeout } from '../../../lib/source-functions.ts';
import type { Scenario } from './scenario.ts';
import type { SimulatedQueue, Work } from './simulated-queue.ts';

const gigabyte = 1e9;
/** What a function has for its work. */
export const allowedMs = workTimeout.toMilliseconds() - settlingReserveMs;

/** What a simulated day has counted, of all sources together. */
export interface DayCounts {
  queries: number;
  slices: number;
  parts: number;
  uploads: number;
  files: number;
  batches: number;
  /** Moments at which a window's batch was complete, by the window's place in the schedule: 0 is the newest. */
  readonly completedMs: { readonly window: number; readonly atMs: number }[];
  /** Why windows were given up. */
  readonly givenUp: string[];
}

export interface SimulatedSource {
  readonly id: string;
  readonly scenario: Scenario;
  readonly clock: () => number;
  readonly queries: QueryBudget;
  readonly deliveries: DeliveryBudget;
  readonly windowQueue: SimulatedQueue;
  readonly loadQueue: SimulatedQueue;
  readonly counts: DayCounts;
}

/** Asks for the windows of the schedule, newest first. */
export function planDay(source: SimulatedSource, lookbackDays: number): void {
  for (let window = 0; window <= lookbackDays; window += 1)
    source.windowQueue.send({ window, begin: () => beginWindow(source, window) });
}

const bytesOf = ({ eventsPerDay, eventBytes, sources }: Scenario) => (eventsPerDay * eventBytes) / sources;

/** How long one function takes to fetch so many bytes: as long as its processor needs, or Mixpanel. */
function fetchMs({ eventBytes, eventsPerSecond, secondsPerGb }: Scenario, bytes: number): number {
  const byProcessor = (bytes / gigabyte) * secondsPerGb.export;
  const byMixpanel = eventsPerSecond === undefined ? 0 : bytes / eventBytes / eventsPerSecond;
  return Math.max(byProcessor, byMixpanel) * 1000;
}

/** Cut as the window of the day before says, which was as large. */
async function beginWindow(source: SimulatedSource, window: number): Promise<Work> {
  const { scenario, windowQueue, counts } = source;
  const bytes = bytesOf(scenario);
  const slices = planSlices({ manifest: wholeManifest(scenario, bytes), plan: undefined }, allowedMs);
  if (slices.length === 0) {
    const parts = partsOf(scenario, bytes);
    return fetch(source, bytes, () => storeRun(source, window, parts));
  }
  let [missing, parts] = [slices.length, 0];
  for (const slice of slices) {
    const share = (secondsOf(slice) * bytes) / secondsPerDay;
    const end = () => {
      missing -= 1;
      parts += partsOf(scenario, share);
      if (missing === 0) storeRun(source, window, parts);
    };
    windowQueue.send({ window, begin: () => fetch(source, share, end) });
  }
  counts.slices += slices.length;
  return { ms: 0 };
}

async function fetch(source: SimulatedSource, bytes: number, end: () => void): Promise<Work> {
  await source.queries.reserve('daily');
  source.counts.queries += 1;
  const ms = fetchMs(source.scenario, bytes);
  if (ms > allowedMs) throw new Error(`fetching ${bytes} bytes takes longer than a function has`);
  return { ms, end };
}

const secondsOf = ({ from, to }: Slice) => (to ?? secondsPerDay) - (from ?? 0);
const partsOf = ({ partBytes }: Scenario, bytes: number) => Math.ceil(bytes / partBytes);

function storeRun(source: SimulatedSource, window: number, parts: number): void {
  const { scenario, loadQueue, counts } = source;
  counts.parts += parts;
  const manifest = manifestOf(scenario, parts);
  // Of the look-back, only what has changed is delivered; of the others a message finds that they are as they were.
  const begin = () =>
    window <= scenario.changedWindows ? deliver(source, window, manifest) : Promise.resolve({ ms: 0 });
  loadQueue.send({ window, begin });
}

interface SimulatedDelivery {
  readonly window: number;
  readonly manifest: Manifest;
  missing: number;
  files: number;
  rowBytes: number;
  isGivenUp: boolean;
}

async function deliver(source: SimulatedSource, window: number, manifest: Manifest): Promise<Work> {
  const { deliveries, scenario, loadQueue, counts } = source;
  await deliveries.reserveBatch(`${source.id} ${window}`, 'daily');
  const uploads = uploadsOf(manifest, scenario.uploads);
  counts.batches += 1;
  counts.uploads += uploads.length;
  const delivery = { window, manifest, missing: uploads.length, files: 0, rowBytes: 0, isGivenUp: false };
  const [first, ...others] = uploads;
  if (first === undefined) return { ms: 0 };
  if (others.length === 0) return upload(source, delivery, first);
  for (const parts of uploads) loadQueue.send({ window, begin: () => upload(source, delivery, parts) });
  return { ms: 0 };
}

async function upload(
  source: SimulatedSource,
  delivery: SimulatedDelivery,
  parts: readonly number[],
): Promise<Work> {
  const { scenario, deliveries, counts } = source;
  if (delivery.isGivenUp) return { ms: 0 };
  const bytes = parts.reduce((sum, part) => sum + (delivery.manifest.parts[part]?.bytes ?? 0), 0);
  await deliveries.reserveBytes(bytes);
  const rowBytes = Math.round(bytes * scenario.rowShare);
  const files = Math.ceil(rowBytes / scenario.uploads.fileBytes);
  const end = async () => {
    await deliveries.addBytes(rowBytes - bytes);
    counts.files += files;
    delivery.files += files;
    delivery.rowBytes += rowBytes;
    delivery.missing -= 1;
    if (!delivery.isGivenUp && isTooLarge(delivery)) {
      delivery.isGivenUp = true;
      counts.givenUp.push('batch_too_large');
    }
    if (delivery.missing === 0 && !delivery.isGivenUp) complete(source, delivery);
  };
  return { ms: (bytes / gigabyte) * scenario.secondsPerGb.load * 1000, end };
}

function isTooLarge({ files, rowBytes }: SimulatedDelivery): boolean {
  return files > guardrails.filesPerBatch || rowBytes > guardrails.bytesPerBatch;
}

function complete({ loadQueue, counts, clock }: SimulatedSource, { window }: SimulatedDelivery): void {
  counts.completedMs.push({ window, atMs: clock() });
  // How long Platform ingests is documented nowhere: it is asked once.
  loadQueue.send({ window, begin: async () => ({ ms: 0 }) }, confirmPauseMs(0));
}

const run = { source: 'simulated', date: '2026-03-08', run: '20260309T033000000Z-1f2e3d4c' } as const;

function manifestOf(scenario: Scenario, parts: number, tookMs = 0): Manifest {
  const bytes = Math.round(bytesOf(scenario) / Math.max(1, parts));
  const part = (index: number): ManifestPart => ({
    key: partKey(run, index),
    records: Math.round(bytes / scenario.eventBytes),
    bytes,
    gzipBytes: 0,
    sha256: '',
  });
  const startedMs = Date.UTC(2026, 2, 9);
  return createManifest({
    run,
    startedAt: new Date(startedMs).toISOString(),
    completedAt: new Date(startedMs + tookMs).toISOString(),
    requests: 1,
    parts: Array.from({ length: parts }, (_, index) => part(index)),
    duplicates: 0,
    content: [],
    timestamps: 'utc',
    timezone: 'UTC',
  });
}

/** What is known of a window before it is fetched: how long the one of the day before took. */
function wholeManifest(scenario: Scenario, bytes: number): Manifest {
  return manifestOf(scenario, 0, fetchMs(scenario, bytes));
}
