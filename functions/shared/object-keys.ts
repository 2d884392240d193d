/**
 * Every key in the archive bucket is made here. Used by the stack and by the functions, so it may import no SDK.
 * The layout under raw/, rejected/ and ledger/ is public: docs/architecture.md, "State in the archive bucket".
 */

export interface WindowRef {
  readonly source: string;
  /** YYYY-MM-DD */
  readonly date: string;
}

export interface RunRef extends WindowRef {
  readonly run: string;
}

/** The top-level prefixes, for the functions' permissions. */
export const prefixes = {
  raw: 'raw/',
  rejected: 'rejected/',
  ledger: 'ledger/',
  /** Progress of open deliveries, one or two small objects per upload, and of runs that are exported in slices. */
  checkpoints: 'checkpoints/',
  /** What is known about a source as a whole: how it stores time, its target's schema, the query budget, backfills. */
  state: 'state/',
} as const;

/** @example raw/source=shop/date=2026-03-08/ */
export function windowPrefix(window: WindowRef): string {
  return `${prefixes.raw}source=${window.source}/date=${window.date}/`;
}

/** @example raw/source=shop/date=2026-03-08/run=20260309T033000123Z-1f2e3d4c/ */
export function runPrefix(run: RunRef): string {
  return `${windowPrefix(run)}run=${run.run}/`;
}

/** @example raw/source=shop/date=2026-03-08/run=…/part-00000.ndjson.gz */
export function partKey(run: RunRef, index: number): string {
  return `${runPrefix(run)}${partName(index)}.ndjson.gz`;
}

/** @example part-00000 */
export function partName(index: number): string {
  return `part-${String(index).padStart(5, '0')}`;
}

/** The number in a name that begins with a part's, wherever a path it stands. @example 3 for part-00003-000.json */
export function partNumber(name: string): number | undefined {
  const digits = /(?:^|\/)part-(\d{5,})[^/]*$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The part's name in its key, `part-00000`, or undefined for any other key. */
export function partNameOfKey(key: string): string | undefined {
  return /\/(part-\d{5,})\.ndjson\.gz$/.exec(key)?.[1];
}

export function manifestKey(run: RunRef): string {
  return `${runPrefix(run)}manifest.json`;
}

export function supersededKey(run: RunRef): string {
  return `${runPrefix(run)}superseded.json.gz`;
}

/** Which properties the run's events have. @example raw/source=shop/date=2026-03-08/run=…/properties.json */
export function propertyReportKey(run: RunRef): string {
  return `${runPrefix(run)}${propertyReportName}`;
}

const propertyReportName = 'properties.json';

/** @example rejected/source=shop/date=2026-03-08/run=…/part-00000.ndjson.gz */
export function rejectedKey(run: RunRef, index: number): string {
  return `${rejectedPrefix(run)}${partName(index)}.ndjson.gz`;
}

/** Rows that Platform refused. @example rejected/source=shop/date=2026-03-08/run=…/platform.ndjson.gz */
export function refusedKey(run: RunRef): string {
  return `${rejectedPrefix(run)}platform.ndjson.gz`;
}

export function rejectedPrefix(run: RunRef): string {
  return `${rejectedWindowPrefix(run)}run=${run.run}/`;
}

/** @example rejected/source=shop/date=2026-03-08/ */
export function rejectedWindowPrefix(window: WindowRef): string {
  return `${prefixes.rejected}source=${window.source}/date=${window.date}/`;
}

/** @example ledger/source=shop/date=2026-03-08.json */
export function ledgerKey(window: WindowRef): string {
  return `${ledgerPrefix(window.source)}date=${window.date}.json`;
}

/** The window's day in its ledger's key, or undefined for any other key. */
export function dateOfLedgerKey(key: string): string | undefined {
  return /\/date=(\d{4}-\d\d-\d\d)\.json$/.exec(key)?.[1];
}

export function ledgerPrefix(source: string): string {
  return `${prefixes.ledger}source=${source}/`;
}

/** @example checkpoints/source=shop/date=2026-03-08/delivery=20260309T033105000Z-9a8b7c6d/ */
export function deliveryPrefix(window: WindowRef, delivery: string): string {
  return `${prefixes.checkpoints}source=${window.source}/date=${window.date}/delivery=${delivery}/`;
}

/** Of an upload that is done, named by the first of its parts. */
export function uploadCheckpointKey(window: WindowRef, delivery: string, firstPart: number): string {
  return `${deliveryPrefix(window, delivery)}${partName(firstPart)}.json`;
}

/** Of an upload under way. */
export function uploadProgressKey(window: WindowRef, delivery: string, firstPart: number): string {
  return `${deliveryPrefix(window, delivery)}${partName(firstPart)}.progress.json`;
}

/** What the uploads of a delivery that are done came to together. */
export function uploadSizesKey(window: WindowRef, delivery: string): string {
  return `${deliveryPrefix(window, delivery)}sizes.json`;
}

/** @example checkpoints/source=shop/date=2026-03-08/run=20260309T033000123Z-1f2e3d4c/slices.json */
export function slicedRunKey(run: RunRef): string {
  return `${slicedRunPrefix(run)}slices.json`;
}

/** Of a slice that is complete. @example checkpoints/…/run=…/slice-2-0.json */
export function sliceCheckpointKey(run: RunRef, slice: string): string {
  return `${slicedRunPrefix(run)}slice-${slice}.json`;
}

/** What one attempt at a slice found superseded, until the slices are joined. */
export function sliceSupersededKey(run: RunRef, slice: string, firstPart: number): string {
  return `${slicedRunPrefix(run)}slice-${slice}.superseded-${firstPart}.json.gz`;
}

/** @example checkpoints/source=shop/date=2026-03-08/run=20260309T033000123Z-1f2e3d4c/ */
export function slicedRunPrefix(run: RunRef): string {
  return `${checkpointWindowPrefix(run)}run=${run.run}/`;
}

/** @example checkpoints/source=shop/date=2026-03-08/ */
export function checkpointWindowPrefix(window: WindowRef): string {
  return `${prefixes.checkpoints}source=${window.source}/date=${window.date}/`;
}

/** How a window that is too large for one query was cut. @example state/source=shop/slices/date=2026-03-08.json */
export function slicePlanKey(window: WindowRef): string {
  return `${slicePlanPrefix(window.source)}date=${window.date}.json`;
}

export function slicePlanPrefix(source: string): string {
  return `${prefixes.state}source=${source}/slices/`;
}

export function timestampsKey(source: string): string {
  return `${prefixes.state}source=${source}/timestamps.json`;
}

/** What the plan function has seen of a source. @example state/source=shop/watch.json */
export function sourceWatchKey(source: string): string {
  return `${prefixes.state}source=${source}/watch.json`;
}

/** Whom the source's exports leave out. @example state/source=shop/forgotten.json */
export function forgottenKey(source: string): string {
  return `${prefixes.state}source=${source}/forgotten.json`;
}

/** What was done to forget the people of one list of ids. @example state/source=shop/forgets/1f2e3d4c5b6a7988.json */
export function forgetRecordKey(source: string, id: string): string {
  return `${prefixes.state}source=${source}/forgets/${id}.json`;
}

/** What was last read of the source's ledgers, so that those unchanged since need not be read again. */
export function digestsKey(source: string): string {
  return `${prefixes.state}source=${source}/windows.json`;
}

/** The schema of a source's target, as it was last fetched. */
export function schemaKey(source: string): string {
  return `${prefixes.state}source=${source}/schema.json`;
}

/** What Platform was last found to hold otherwise than the ledgers say. @example state/source=shop/reconciliation.json */
export function reconciliationKey(source: string): string {
  return `${prefixes.state}source=${source}/reconciliation.json`;
}

/** A range message of a source. */
export interface BackfillRef {
  readonly source: string;
  /** Id of the message that asked for the range; letters, digits, hyphens and underscores. */
  readonly request: string;
}

/** @example state/source=shop/backfills/6f1c2c0e-8a1b-4c57-9a55-0d3f7f0f6a11.json */
export function backfillKey(backfill: BackfillRef): string {
  return `${backfillPrefix(backfill.source)}${backfill.request}.json`;
}

export function backfillPrefix(source: string): string {
  return `${prefixes.state}source=${source}/backfills/`;
}

/** Shared by all sources of one Mixpanel project. */
export function queryBudgetKey(projectId: string): string {
  return `${prefixes.state}project=${projectId}/query-budget.json`;
}

/**
 * Shared by all sources of one sandbox.
 *
 * @param sandbox `organisation/sandbox`.
 * @example state/sandbox=0123ABCD-AdobeOrg-prod/delivery-budget.json
 */
export function deliveryBudgetKey(sandbox: string): string {
  return `${sandboxPrefix(sandbox)}delivery-budget.json`;
}

export function sandboxPrefix(sandbox: string): string {
  return `${prefixes.state}sandbox=${sandbox.replaceAll(/[^\w.-]/g, '-')}/`;
}

/** Where a source's functions keep what is theirs; `*` is any text. */
export function sourcePrefixes(source: string, projectId: string, sandbox: string) {
  const own = `source=${source}/`;
  return {
    raw: `${prefixes.raw}${own}`,
    rejected: `${prefixes.rejected}${own}`,
    ledger: `${prefixes.ledger}${own}`,
    /** Of runs that are exported in slices. */
    slices: `${prefixes.checkpoints}${own}date=*/run=`,
    /** Of deliveries. */
    uploads: `${prefixes.checkpoints}${own}date=*/delivery=`,
    /** The only objects beside a run's parts that loading writes. */
    propertyReports: `${prefixes.raw}${own}*/${propertyReportName}`,
    /** Shared with the other sources of the same Mixpanel project. */
    projectState: `${prefixes.state}project=${projectId}/`,
    /** Shared with the other sources that deliver into the same sandbox. */
    sandboxState: sandboxPrefix(sandbox),
  };
}

/** Everything that a source keeps under a prefix. @example raw/source=shop/ */
export function sourcePrefix(prefix: keyof typeof prefixes, source: string): string {
  return `${prefixes[prefix]}source=${source}/`;
}

/** Day and run in the key of an object of a run, or undefined for any other key. */
export function runOfKey(key: string): { readonly date: string; readonly run: string } | undefined {
  const [, date, run] = /\/date=(\d{4}-\d\d-\d\d)\/run=([^/]+)\//.exec(key) ?? [];
  return date === undefined || run === undefined ? undefined : { date, run };
}

/** The run id in a manifest's key, or undefined for any other key. */
export function runOfManifestKey(key: string): string | undefined {
  return /\/run=([^/]+)\/manifest\.json$/.exec(key)?.[1];
}
