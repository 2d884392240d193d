import { inParallel } from '../../functions/shared/in-parallel.ts';
import type { Ledger } from '../../functions/shared/ledger.ts';
import { readLedger } from '../../functions/shared/ledger-store.ts';
import type { Manifest } from '../../functions/shared/manifest.ts';
import { runOfManifestKey, windowPrefix } from '../../functions/shared/object-keys.ts';
import type { ObjectStore } from '../../functions/shared/object-store.ts';
import { previousWindow } from '../../functions/shared/window.ts';
import { readManifestAt } from '../archive/read-manifest.ts';
import { awsConcurrency } from '../operator/aws-access.ts';

/** What a source's windows come to, on average. */
export interface Volumes {
  readonly eventsPerWindow: number;
  /** As Mixpanel sends it, unpacked. */
  readonly bytesPerWindow: number;
  /** As the archive keeps it. */
  readonly gzipBytesPerWindow: number;
  /** Deliveries of a window by the schedule: a look-back that finds nothing new delivers nothing. */
  readonly deliveriesPerWindow: number;
  /** Windows that were measured; 0 for volumes that were given. */
  readonly measuredWindows: number;
}

/** Four weeks: every day of the week four times. */
const windowsMeasured = 28;

/**
 * Measures the volumes of a source's last weeks by the manifests in its archive.
 *
 * @returns undefined where nothing was exported in that time.
 */
export async function measureVolumes(
  store: ObjectStore,
  source: string,
  newest: string,
): Promise<Volumes | undefined> {
  const dates: string[] = [];
  for (let date = newest; dates.length < windowsMeasured; date = previousWindow(date)) dates.push(date);
  const found = await inParallel(dates, awsConcurrency, (date) => measureWindow(store, { source, date }));
  const windows = found.filter((window) => window !== undefined);
  if (windows.length === 0) return undefined;
  const average = (of: (window: MeasuredWindow) => number) =>
    windows.reduce((sum, window) => sum + of(window), 0) / windows.length;
  return {
    eventsPerWindow: average(({ manifest }) => manifest.records),
    bytesPerWindow: average(({ manifest }) => manifest.bytes),
    gzipBytesPerWindow: average(({ manifest }) =>
      manifest.parts.reduce((sum, { gzipBytes }) => sum + gzipBytes, 0),
    ),
    deliveriesPerWindow: average(({ ledger }) => ledger?.deliveries.length ?? 0),
    measuredWindows: windows.length,
  };
}

interface MeasuredWindow {
  readonly manifest: Manifest;
  readonly ledger: Ledger | undefined;
}

async function measureWindow(
  store: ObjectStore,
  window: { readonly source: string; readonly date: string },
): Promise<MeasuredWindow | undefined> {
  let newest: string | undefined;
  // Run ids sort by time, and the listing by key.
  for await (const { key } of store.list(windowPrefix(window))) {
    if (runOfManifestKey(key) !== undefined) newest = key;
  }
  if (newest === undefined) return undefined;
  const [manifest, ledger] = await Promise.all([readManifestAt(store, newest), readLedger(store, window)]);
  return manifest === undefined ? undefined : { manifest, ledger };
}

/** NDJSON of events gzips to about an eighth (README, "What it costs"). */
const gzipShare = 0.13;
/** The day itself, and once more when late events came in. */
const usualDeliveries = 2;

/** Volumes that a person states. */
export function givenVolumes(eventsPerDay: number, eventBytes: number): Volumes {
  const bytesPerWindow = eventsPerDay * eventBytes;
  return {
    eventsPerWindow: eventsPerDay,
    bytesPerWindow,
    gzipBytesPerWindow: bytesPerWindow * gzipShare,
    deliveriesPerWindow: usualDeliveries,
    measuredWindows: 0,
  };
}
