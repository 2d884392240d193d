import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Batch, type BatchStatus, batchSchema, newBatchId } from './batch.ts';
import type { Clock } from './clock.ts';
import { writeJson } from './durable-json.ts';

/** Longest encoded file name: what common file systems take, with room for the ending of a draft. */
const maxNameLength = 230;

/** One upload of a batch, whole on disk. */
export interface UploadedFile {
  /** As in the upload's URL. */
  readonly path: string;
  /** Where its bytes are. */
  readonly location: string;
  readonly bytes: number;
}

/** What a batch is made of; the store gives it its id and its times. An external id that is left out is the id. */
export type NewBatch = Omit<Batch, 'id' | 'created' | 'updated' | 'errors' | 'metrics' | 'externalId'> & {
  readonly externalId?: string | undefined;
};

/**
 * The batches, one folder each: `meta.json`, the uploads under `files/`, accepted rows in `rows.ndjson`, refused ones
 * under `row_errors/`. A change is on disk before it can be seen.
 */
export class BatchStore {
  readonly #root: string;
  readonly #clock: Clock;
  readonly #batches = new Map<string, Batch>();
  #lastActivation = 0;

  constructor(dataDir: string, clock: Clock) {
    this.#root = join(dataDir, 'batches');
    this.#clock = clock;
    mkdirSync(this.#root, { recursive: true });
    for (const id of readdirSync(this.#root).sort()) {
      const meta = join(this.#root, id, 'meta.json');
      // A crash before the first write leaves an empty folder: nobody was told of that batch.
      if (!existsSync(meta)) continue;
      const batch = batchSchema.parse(JSON.parse(readFileSync(meta, 'utf8')));
      this.#batches.set(id, batch);
      this.#lastActivation = Math.max(this.#lastActivation, batch.activation ?? 0);
    }
    for (const batch of this.all()) if (batch.activation !== undefined) this.#retirePredecessors(batch);
  }

  /** In the order in which they were made. */
  all(): Batch[] {
    return [...this.#batches.values()];
  }

  get(id: string): Batch | undefined {
    return this.#batches.get(id);
  }

  create(batch: NewBatch): Batch {
    const now = this.#clock.now();
    const id = newBatchId(now);
    const externalId = batch.externalId ?? id;
    return this.#write({ ...batch, id, externalId, created: now, updated: now, errors: [], metrics: {} });
  }

  /** @throws {Error} when there is no such batch. */
  update(id: string, change: Partial<Batch>): Batch {
    const batch = this.#batches.get(id);
    if (batch === undefined) throw new Error(`updating batch ${id}: there is none`);
    return this.#write({ ...batch, ...change, updated: this.#clock.now() });
  }

  /** Makes a batch's rows part of the dataset and takes those of its predecessors out, as one step to every reader. */
  activate(id: string): Batch {
    this.#lastActivation += 1;
    const now = this.#clock.now();
    const batch = this.update(id, { status: 'success', completed: now, activation: this.#lastActivation });
    this.#retirePredecessors(batch);
    return batch;
  }

  #retirePredecessors(batch: Batch): void {
    for (const id of batch.replay?.predecessors ?? []) {
      if (this.get(id)?.status === 'success') this.update(id, { status: 'inactive' });
    }
  }

  /** Batches whose rows are the dataset, in the order in which they became so. */
  active(datasetId: string): Batch[] {
    return this.#activated(datasetId).filter((batch) => batch.status === 'success');
  }

  /** As `active`, with those that were replaced or reverted since. */
  everActive(datasetId: string): Batch[] {
    return this.#activated(datasetId);
  }

  #activated(datasetId: string): Batch[] {
    return this.all()
      .filter((batch) => batch.datasetId === datasetId && batch.activation !== undefined)
      .sort((a, b) => (a.activation ?? 0) - (b.activation ?? 0));
  }

  withStatus(...statuses: BatchStatus[]): Batch[] {
    return this.all().filter((batch) => statuses.includes(batch.status));
  }

  folder(id: string, ...parts: string[]): string {
    return join(this.#root, id, ...parts);
  }

  /** Where an upload's bytes go; `undefined` for a path that is too long to be kept. */
  fileLocation(id: string, path: string): string | undefined {
    const name = encodeURIComponent(path).replaceAll('.', '%2E');
    return name.length > maxNameLength ? undefined : this.folder(id, 'files', name);
  }

  /** The whole uploads of a batch, by path. */
  files(id: string): UploadedFile[] {
    const folder = this.folder(id, 'files');
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((name) => !name.includes('.'))
      .sort()
      .map((name) => ({
        path: decodeURIComponent(name),
        location: join(folder, name),
        bytes: statSync(join(folder, name)).size,
      }));
  }

  /** Takes away what an interrupted attempt at ingestion has left. */
  clearResults(id: string): void {
    for (const name of ['rows.ndjson', 'row_errors', 'failed']) {
      rmSync(this.folder(id, name), { recursive: true, force: true });
    }
  }

  #write(batch: Batch): Batch {
    writeJson(this.folder(batch.id, 'meta.json'), batch);
    this.#batches.set(batch.id, batch);
    return batch;
  }
}
