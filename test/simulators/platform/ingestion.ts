import { copyFile, mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import type { Batch, BatchError } from './batch.ts';
import type { BatchStore } from './batch-store.ts';
import type { Clock } from './clock.ts';
import type { RowCheck } from './compile-rows.ts';
import { type IngestionCounts, ingestRows } from './ingest-rows.ts';
import { Slots } from './slots.ts';

/** Reading rows keeps a core busy, so more at once would only make each of them slower. */
const maxConcurrentBatches = 2;

/** What ingestion works with. */
export interface IngestionDependencies {
  readonly store: BatchStore;
  readonly clock: Clock;
  readonly processingMs: number;
  readonly readGzip: boolean;
  /** The check of a dataset's rows, strict or converting. */
  rowCheck(datasetId: string, origin: Batch['origin']): RowCheck;
}

/**
 * What happens to a batch after COMPLETE: loaded → staging → staged → success, by itself and in the background. Each
 * step is on disk before it is seen, and a batch that a crash has interrupted goes on from its last step.
 */
export class Ingestion {
  readonly #deps: IngestionDependencies;
  readonly #abort = new AbortController();
  readonly #slots = new Slots(maxConcurrentBatches);
  readonly #running = new Set<Promise<void>>();

  constructor(deps: IngestionDependencies) {
    this.#deps = deps;
  }

  /** Takes up what an earlier process has left unfinished. */
  resume(): void {
    for (const batch of this.#deps.store.withStatus('loaded', 'staging', 'retrying', 'staged'))
      this.start(batch.id);
  }

  start(id: string): void {
    const run = this.#ingest(id).catch((error: unknown) => this.#giveUp(id, error));
    this.#running.add(run);
    run.finally(() => this.#running.delete(run));
  }

  /** Resolves when no batch is in the works. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Stops where each batch is; a later start with the same data continues there. */
  async close(): Promise<void> {
    this.#abort.abort();
    await this.idle();
  }

  async #ingest(id: string): Promise<void> {
    const { store } = this.#deps;
    const first = store.get(id);
    if (first === undefined) return;
    if (first.status === 'loaded') await this.#pause(0.2);
    if (first.status !== 'staged' && !(await this.#stage(id))) return;
    await this.#pause(0.2);
    store.activate(id);
  }

  /** Whether the batch got as far as `staged`. */
  async #stage(id: string): Promise<boolean> {
    const { store, clock } = this.#deps;
    const batch = store.update(id, { status: 'staging', started: clock.now() });
    if (batch.outcome?.outcome === 'stalled') {
      await this.#pause(0.3);
      store.update(id, { status: 'stalled' });
      return false;
    }
    if (batch.outcome?.outcome === 'retrying') {
      await this.#pause(0.2);
      store.update(id, { status: 'retrying' });
      await this.#pause(0.2);
      store.update(id, { status: 'staging' });
    }
    const [counts] = await Promise.all([this.#slots.run(() => this.#ingestRows(batch)), this.#pause(0.6)]);
    if (batch.origin === 'streaming') return this.#settleStreaming(batch, counts);
    const errors = failure(batch, counts) ?? [];
    if (errors.length > 0) {
      await this.#fail(id, errors);
      return false;
    }
    store.update(id, { status: 'staged', metrics: metricsOf(counts), errors: partialErrors(batch, counts) });
    return true;
  }

  async #ingestRows(batch: Batch): Promise<IngestionCounts> {
    const { store } = this.#deps;
    store.clearResults(batch.id);
    return ingestRows({
      folder: store.folder(batch.id),
      files: store.files(batch.id),
      isMultiLineJson: batch.isMultiLineJson,
      readGzip: this.#deps.readGzip,
      lostRows: batch.outcome?.outcome === 'partial' ? batch.outcome.rows : 0,
      check: this.#deps.rowCheck(batch.datasetId, batch.origin),
      signal: this.#abort.signal,
    });
  }

  /** Streaming keeps the good messages and puts the bad ones into a failed batch beside them. */
  async #settleStreaming(batch: Batch, counts: IngestionCounts): Promise<boolean> {
    const { store } = this.#deps;
    const errors = codeErrors(counts, true);
    if (counts.failedRows > 0 && counts.outputRows === 0) {
      await this.#fail(batch.id, errors);
      return false;
    }
    if (counts.failedRows > 0) await this.#failBeside(batch, errors);
    const good = { ...counts, inputRows: counts.outputRows, failedRows: 0 };
    store.update(batch.id, { status: 'staged', metrics: metricsOf(good) });
    return true;
  }

  async #failBeside(batch: Batch, errors: readonly BatchError[]): Promise<void> {
    const { store } = this.#deps;
    const externalId = `${batch.id}-invalid`;
    // A crash may come between this and the next step: the second attempt finds the batch of the first. Until it has
    // failed it counts as one that is being gathered, which nobody ingests.
    const known = store.all().find((candidate) => candidate.externalId === externalId);
    const { id } = known ?? store.create({ ...batch, status: 'loading', externalId });
    store.clearResults(id);
    await rename(store.folder(batch.id, 'row_errors'), store.folder(id, 'row_errors'));
    await this.#fail(id, errors);
  }

  async #fail(id: string, errors: readonly BatchError[]): Promise<void> {
    const { store, clock } = this.#deps;
    await this.#keepRejected(id);
    store.update(id, { status: 'failed', errors: [...errors], metrics: {}, completed: clock.now() });
  }

  /** A failed batch's rows, good and bad, can be fetched whole. */
  async #keepRejected(id: string): Promise<void> {
    const { store } = this.#deps;
    const folder = store.folder(id, 'failed');
    await mkdir(folder, { recursive: true });
    const good = store.folder(id, 'rows.ndjson');
    await rename(good, `${folder}/part-00000-${id}.json`).catch(ignoreMissing);
    const bad: string[] = await readdir(store.folder(id, 'row_errors')).catch(() => []);
    for (const [index, name] of bad.sort().entries()) {
      const part = String(index + 1).padStart(5, '0');
      await copyFile(store.folder(id, 'row_errors', name), `${folder}/part-${part}-${id}.json`);
    }
    await writeFile(`${folder}/_SUCCESS`, '');
  }

  #pause(share: number): Promise<void> {
    return this.#deps.clock.sleep(this.#deps.processingMs * share, this.#abort.signal);
  }

  /** A fault of the simulator's own is a failed batch, never a batch that hangs; an interruption is neither. */
  #giveUp(id: string, error: unknown): void {
    if (this.#abort.signal.aborted) return;
    const description = error instanceof Error ? error.message : String(error);
    this.#deps.store.update(id, { status: 'failed', errors: [{ code: 'INGEST-1002-400', description }] });
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}

/** Why the batch fails as a whole, if it does. */
function failure(batch: Batch, counts: IngestionCounts): BatchError[] | undefined {
  if (batch.outcome?.outcome === 'failed') {
    return [{ code: 'INGEST-1002-400', description: 'The batch could not be written: an injected fault.' }];
  }
  if (counts.inputRows === 0) return [{ code: '106', description: 'The dataset file is empty.' }];
  if (counts.failedRows === 0 || batch.outcome?.outcome === 'partial') return undefined;
  const allowedPercent = batch.partialIngestionPercent ?? 0;
  if ((counts.failedRows / counts.inputRows) * 100 <= allowedPercent) return undefined;
  return codeErrors(counts, batch.diagnostics);
}

/** The list of a batch that was taken with some of its rows left out. */
function partialErrors(batch: Batch, counts: IngestionCounts): BatchError[] {
  if (counts.failedRows === 0) return [];
  const description = `Encountered ${counts.failedRows} errors in the data. Successfully ingested ${counts.outputRows} rows.`;
  return [{ code: 'INGEST-1212-400', description }, ...codeErrors(counts, batch.diagnostics)];
}

function codeErrors(counts: IngestionCounts, diagnostics: boolean): BatchError[] {
  if (!diagnostics) {
    return [{ code: 'INGEST-1211-400', description: 'Errors were found, but diagnostics are not enabled.' }];
  }
  return [...counts.codes].map(([code, recordCount]) => ({
    code,
    description: describeCode(code),
    recordCount,
  }));
}

function describeCode(code: string): string {
  switch (code) {
    case 'INGEST-1401-400':
      return 'Rows are corrupt and cannot be read.';
    case 'INGEST-1555-400':
    case 'DCVS-1111-400':
      return 'A required field is missing or null.';
    case 'DCVS-1105-400':
      return 'A value does not have the format of its field.';
    case 'DCVS-1106-400':
      return 'A value is not one of those that its field allows.';
    default:
      return 'A value does not have the type of its field.';
  }
}

function metricsOf(counts: IngestionCounts): Record<string, number> {
  return {
    inputByteSize: counts.inputBytes,
    inputRecordCount: counts.inputRows,
    outputByteSize: counts.outputBytes,
    outputRecordCount: counts.outputRows,
    failedRecordCount: counts.failedRows,
    outputFileCount: counts.outputRows > 0 ? 1 : 0,
    partitionCount: counts.outputRows > 0 ? 1 : 0,
  };
}
