import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BatchStore } from './batch-store.ts';
import type { Clock } from './clock.ts';
import type { PlatformSettings } from './options.ts';

/**
 * Streamed events on their way into the lake: each request's events are one file, on disk before the request is
 * answered; after a while all files of a dataset become one batch, as Platform's own micro-batches do.
 */
export class StreamingSpool {
  readonly #root: string;
  readonly #store: BatchStore;
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #start: (batchId: string) => void;
  readonly #abort = new AbortController();
  readonly #scheduled = new Map<string, Promise<void>>();

  constructor(settings: PlatformSettings, store: BatchStore, clock: Clock, start: (batchId: string) => void) {
    this.#root = join(settings.dataDir, 'spool');
    this.#store = store;
    this.#clock = clock;
    this.#intervalMs = settings.processingMs;
    this.#start = start;
    mkdirSync(this.#root, { recursive: true });
  }

  /** Keeps the events of one request; they are safe when this returns. */
  accept(datasetId: string, events: readonly unknown[]): void {
    if (events.length === 0) return;
    const folder = join(this.#root, encodeURIComponent(datasetId));
    mkdirSync(folder, { recursive: true });
    const name = `${String(this.#clock.now()).padStart(15, '0')}-${randomUUID()}`;
    const draft = join(folder, `${name}.draft`);
    writeFileSync(draft, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    renameSync(draft, join(folder, name));
    this.#schedule(datasetId);
  }

  /** Takes up what an earlier process has left: files that wait, and batches whose files were being gathered. */
  resume(): void {
    for (const batch of this.#store.withStatus('loading')) {
      if (batch.origin !== 'streaming') continue;
      const hasFiles = this.#store.files(batch.id).length > 0;
      this.#store.update(batch.id, { status: hasFiles ? 'loaded' : 'abandoned' });
      if (hasFiles) this.#start(batch.id);
    }
    for (const name of readdirSync(this.#root)) this.#schedule(decodeURIComponent(name));
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#scheduled.values());
  }

  #schedule(datasetId: string): void {
    if (this.#scheduled.has(datasetId)) return;
    const flush = this.#clock
      .sleep(this.#intervalMs, this.#abort.signal)
      // Out of the map first: an event that comes during the flush needs a flush of its own.
      .then(() => {
        this.#scheduled.delete(datasetId);
        this.#flush(datasetId);
      })
      .catch((error: unknown) => {
        if (!this.#abort.signal.aborted) throw error;
      });
    this.#scheduled.set(datasetId, flush);
  }

  #flush(datasetId: string): void {
    const folder = join(this.#root, encodeURIComponent(datasetId));
    const names = readdirSync(folder).filter((name) => !name.endsWith('.draft'));
    if (names.length === 0) return;
    const { id } = this.#store.create({
      datasetId,
      status: 'loading',
      origin: 'streaming',
      format: 'json',
      isMultiLineJson: false,
      tags: {},
      diagnostics: true,
    });
    mkdirSync(this.#store.folder(id, 'files'), { recursive: true });
    for (const name of names) renameSync(join(folder, name), this.#store.folder(id, 'files', name));
    this.#store.update(id, { status: 'loaded' });
    this.#start(id);
  }
}
