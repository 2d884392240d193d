import { inParallel } from '../../functions/shared/in-parallel.ts';
import { readLedger } from '../../functions/shared/ledger-store.ts';
import {
  ledgerKey,
  propertyReportKey,
  rejectedWindowPrefix,
  type WindowRef,
} from '../../functions/shared/object-keys.ts';
import type { ObjectStore } from '../../functions/shared/object-store.ts';
import { type PropertyReport, readPropertyReport } from '../../functions/shared/property-report.ts';
import { type SeparateReads, separateReads, type Unreadable } from '../../functions/shared/unreadable.ts';
import { awsConcurrency } from '../operator/aws-access.ts';
import { type ReasonCount, rejectionReasons } from '../status/rejection-reasons.ts';
import type { SourceStatus } from '../status/source-status.ts';

/** Everything that the page says of a source. */
export interface SourceReport {
  readonly status: SourceStatus;
  /** Of the newest windows that have any, newest first. */
  readonly drift: readonly WindowDrift[];
  readonly rejections: readonly WindowRejections[];
  /** Property reports that can't be read. */
  readonly unreadable: readonly Unreadable[];
}

export interface WindowDrift {
  readonly date: string;
  readonly drift: NonNullable<PropertyReport['drift']>;
}

export interface WindowRejections {
  readonly date: string;
  readonly rejected: number;
  readonly reasons: readonly ReasonCount[];
  /** What keeps from reading more of them. */
  readonly problem?: string | undefined;
}

/** Windows whose property reports are read: a month tells when a property came or went. */
const windowsForDrift = 31;
/** Windows whose rejected records are read for their reasons; each may take a second. */
const windowsForReasons = 10;

/** Reads, beside what `status` shows, why records were rejected, and which properties came and went. */
export async function readSourceReport(store: ObjectStore, status: SourceStatus): Promise<SourceReport> {
  const newest = status.windows.toReversed();
  const reads = separateReads();
  const [drift, rejections] = await Promise.all([
    inParallel(newest.slice(0, windowsForDrift), awsConcurrency, ({ summary }) =>
      readDrift(store, { source: status.settings.id, date: summary.date }, reads),
    ),
    inParallel(
      newest.filter(({ summary }) => summary.rejected > 0).slice(0, windowsForReasons),
      awsConcurrency,
      ({ summary }) => readRejections(store, status.settings.id, summary),
    ),
  ]);
  return {
    status,
    drift: drift.filter((found) => found !== undefined),
    rejections,
    unreadable: reads.unreadable(),
  };
}

/** Undefined where nothing has changed, or nothing is known of the window's properties. */
async function readDrift(
  store: ObjectStore,
  window: WindowRef,
  reads: SeparateReads,
): Promise<WindowDrift | undefined> {
  // A ledger that can't be read is told of by the status.
  const ledger = await separateReads().read(ledgerKey(window), () => readLedger(store, window));
  const run = ledger?.deliveries[0]?.run;
  if (run === undefined) return undefined;
  const at = { ...window, run };
  const report = await reads.read(propertyReportKey(at), () => readPropertyReport(store, at));
  const drift = report?.drift ?? null;
  if (drift === null) return undefined;
  const changes = drift.appeared.length + drift.vanished.length + drift.changed.length;
  return changes === 0 ? undefined : { date: window.date, drift };
}

async function readRejections(
  store: ObjectStore,
  source: string,
  { date, rejected }: { readonly date: string; readonly rejected: number },
): Promise<WindowRejections> {
  const found = await rejectionReasons(store, rejectedWindowPrefix({ source, date }));
  return { date, rejected, reasons: found?.reasons ?? [], problem: found?.problem };
}
