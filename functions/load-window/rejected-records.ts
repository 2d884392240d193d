import { once } from 'node:events';
import { createGzip, type Gzip } from 'node:zlib';
import type { Rejection } from '../shared/mapping/index.ts';
import type { ObjectStore } from '../shared/object-store.ts';

/** Keeps the records that a part's mapping rejects, with reason and path, beside the archive. */
export interface RejectedRecords {
  readonly count: number;
  /** @param line the record as it is archived; it is written byte for byte. */
  add(line: Buffer, rejection: Rejection): Promise<void>;
  /** Ends the object; where no record was rejected, removes what an earlier delivery of the run may have left. */
  close(): Promise<void>;
  /** Gives up: nothing becomes visible. */
  abort(): void;
}

export function createRejectedRecords(store: ObjectStore, key: string): RejectedRecords {
  let count = 0;
  let open: { readonly gzip: Gzip; readonly stored: Promise<void> } | undefined;

  const start = () => {
    const gzip = createGzip();
    const stored = store.putStream(key, gzip);
    // A failed upload destroys its source, which the next write or the closing reports.
    stored.catch((error: unknown) =>
      gzip.destroy(error instanceof Error ? error : new Error('storing rejected records')),
    );
    return { gzip, stored };
  };

  return {
    get count() {
      return count;
    },
    async add(line, rejection) {
      open ??= start();
      count += 1;
      const head = { reason: rejection.reason, ...(rejection.path === '' ? {} : { path: rejection.path }) };
      open.gzip.write(`${JSON.stringify(head).slice(0, -1)},"record":`);
      open.gzip.write(line);
      if (!open.gzip.write('}\n')) await Promise.race([once(open.gzip, 'drain'), open.stored]);
    },
    async close() {
      if (open === undefined) return store.delete(key);
      open.gzip.end();
      await open.stored;
    },
    abort: () => void open?.gzip.destroy(),
  };
}
