import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Batch } from './batch.ts';
import type { BatchStore } from './batch-store.ts';
import { IdSet } from './id-set.ts';
import { isObject, parseJson, property, textProperty } from './json.ts';
import { splitLines } from './split-rows.ts';

/** How many rows the dataset holds, and how many different `_id`s they have. */
export interface ActiveStats {
  readonly batches: number;
  readonly rows: number;
  readonly distinctIds: number;
}

/** What became of the events on their way into Profile. */
export interface ProfileStats {
  readonly events: number;
  /** Kept out: an event with the same `_id` was there before. */
  readonly duplicates: number;
  readonly tooLarge: number;
  /** Kept out: `identityMap` names a namespace that nobody has made. */
  readonly unknownNamespace: number;
}

/** What Profile asks of an event. */
export interface ProfileRules {
  readonly maxEventBytes: number;
  hasNamespace(code: string): boolean;
}

/** The rows of batches as their readers see them. */
export class Lake {
  readonly #store: BatchStore;

  constructor(store: BatchStore) {
    this.#store = store;
  }

  /** The bytes of every row of the dataset's active batches, as NDJSON. */
  active(datasetId: string): AsyncGenerator<Buffer> {
    return this.#bytesOf(this.#store.active(datasetId));
  }

  /** Writes `active` into a file, which appears when it is whole. */
  async writeActive(datasetId: string, file: string): Promise<void> {
    await pipeline(this.active(datasetId), createWriteStream(`${file}.draft`));
    await rename(`${file}.draft`, file);
  }

  async activeStats(datasetId: string): Promise<ActiveStats> {
    const ids = new IdSet();
    let rows = 0;
    for await (const lines of splitLines(this.active(datasetId))) {
      for (const line of lines) {
        rows += 1;
        ids.add(idOf(line));
      }
    }
    return { batches: this.#store.active(datasetId).length, rows, distinctIds: ids.size };
  }

  /** Profile keeps what it once took, also when its batch was replaced since: the first writer of an `_id` stays. */
  async profileStats(datasetId: string, rules: ProfileRules): Promise<ProfileStats> {
    const ids = new IdSet();
    let duplicates = 0;
    let tooLarge = 0;
    let unknownNamespace = 0;
    for await (const lines of splitLines(this.#bytesOf(this.#store.everActive(datasetId)))) {
      for (const line of lines) {
        const row = parseJson(line?.toString('utf8') ?? '');
        if ((line?.length ?? 0) > rules.maxEventBytes) tooLarge += 1;
        else if (!namespacesOf(row).every(rules.hasNamespace)) unknownNamespace += 1;
        else if (!ids.add(textProperty(row, '_id') ?? '')) duplicates += 1;
      }
    }
    return { events: ids.size, duplicates, tooLarge, unknownNamespace };
  }

  /** Takes the rows that match out of every batch of the dataset; how many there were. */
  async deleteRows(datasetId: string, matches: (row: unknown) => boolean): Promise<number> {
    let deleted = 0;
    for (const batch of this.#store.everActive(datasetId)) {
      const file = this.#store.folder(batch.id, 'rows.ndjson');
      const source = this.#bytesOf([batch]);
      const keep = async function* () {
        for await (const lines of splitLines(source)) {
          const kept = lines.filter((line) => !matches(parseJson(line?.toString('utf8') ?? '')));
          deleted += lines.length - kept.length;
          if (kept.length > 0)
            yield Buffer.concat(kept.flatMap((line) => [line ?? Buffer.alloc(0), Buffer.from('\n')]));
        }
      };
      await pipeline(keep(), createWriteStream(`${file}.draft`));
      await rename(`${file}.draft`, file);
    }
    return deleted;
  }

  async *#bytesOf(batches: readonly Batch[]): AsyncGenerator<Buffer> {
    for (const batch of batches) {
      const file = this.#store.folder(batch.id, 'rows.ndjson');
      if (existsSync(file)) yield* createReadStream(file, { highWaterMark: 1024 * 1024 });
    }
  }
}

function idOf(line: Buffer | undefined): string {
  return textProperty(parseJson(line?.toString('utf8') ?? ''), '_id') ?? '';
}

function namespacesOf(row: unknown): string[] {
  const map = property(row, 'identityMap');
  return isObject(map) ? Object.keys(map) : [];
}
