import type { Log } from '../shared/log.ts';
import type { ManifestPart } from '../shared/manifest.ts';
import { partKey, partName, type RunRef } from '../shared/object-keys.ts';
import type { ObjectStore } from '../shared/object-store.ts';
import { openPart, type PartWriter } from './part-writer.ts';

/**
 * Uncompressed bytes of a part. Small enough for load-window to map one in a few seconds and to take up again after a
 * crash part by part; large enough that a day of 10 GB has 160 parts, not thousands.
 */
export const defaultMaxPartBytes = 64 * 1024 * 1024;
/** zlib's own default: level 9 takes several times as long for a few per cent. */
const defaultGzipLevel = 6;

export interface ArchiveLimits {
  readonly maxPartBytes?: number;
  readonly gzipLevel?: number;
}

export interface RunWriterOptions {
  readonly store: ObjectStore;
  readonly run: RunRef;
  /** The number of the first part. */
  readonly firstPart: number;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly limits: ArchiveLimits;
}

/** Archives lines of a run in parts that hold whole lines. */
export interface RunWriter {
  /** Whether a line of this length can be appended at once. */
  hasRoom(lineBytes: number): boolean;
  /** Makes room for it: by handing a batch on, or by beginning the next part. */
  makeRoom(lineBytes: number): Promise<void>;
  /** @returns where the line is, by parts as they are written from 0 on. There must be room. */
  append(line: Buffer): { readonly part: number; readonly line: number };
  /** Completes every part. */
  finish(): Promise<readonly ManifestPart[]>;
  /** Stops, and deletes what was stored, as far as that succeeds: it never existed. @param beside other keys to be deleted. */
  abandon(reason: unknown, beside: readonly string[]): Promise<void>;
}

export function createRunWriter(options: RunWriterOptions): RunWriter {
  const { store, run, firstPart, log, signal, limits } = options;
  const { maxPartBytes = defaultMaxPartBytes, gzipLevel = defaultGzipLevel } = limits;
  const stop = new AbortController();
  const stopped = AbortSignal.any([signal, stop.signal]);
  let opened = 0;
  /** Only parts under way: one that is stored would keep its batches in memory to the end of the run. */
  const underWay = new Set<PartWriter>();
  const stored: ManifestPart[] = [];
  let current: PartWriter | undefined;
  // The part before the current one may still be on its way to the store; a third would take too much memory.
  let finishing: Promise<void> = Promise.resolve();

  const fits = (part: PartWriter, lineBytes: number) =>
    part.records === 0 || part.bytes + lineBytes + 1 <= maxPartBytes;
  const keyOf = (index: number) => partKey(run, firstPart + index);
  const finishPart = async (part: PartWriter, index: number) => {
    const entry = await part.finish();
    underWay.delete(part);
    stored[index] = entry;
    log.info('Export:Part:Stored', {
      window: run.date,
      run: run.run,
      part: partName(firstPart + index),
      records: entry.records,
      bytes: entry.bytes,
      gzipBytes: entry.gzipBytes,
    });
  };
  const closeCurrent = async () => {
    if (current === undefined) return;
    await finishing;
    finishing = finishPart(current, opened - 1);
    // Thrown where it is awaited, at the next turn or at the end.
    finishing.catch(() => undefined);
    current = undefined;
  };

  return {
    hasRoom: (lineBytes) => current?.hasRoom(lineBytes) === true && fits(current, lineBytes),
    async makeRoom(lineBytes) {
      if (current !== undefined && !fits(current, lineBytes)) await closeCurrent();
      if (current === undefined) {
        current = openPart({ store, key: keyOf(opened), gzipLevel, signal: stopped });
        underWay.add(current);
        opened += 1;
      }
      if (!current.hasRoom(lineBytes)) await current.makeRoom(lineBytes);
    },
    append(line) {
      if (current === undefined) throw new Error('appending a line: no part is open');
      current.append(line);
      return { part: opened - 1, line: current.records - 1 };
    },
    async finish() {
      await closeCurrent();
      await finishing;
      return stored;
    },
    async abandon(reason, beside) {
      stop.abort(reason);
      await Promise.all([...underWay].map((part) => part.settled()));
      await Promise.allSettled([finishing]);
      const keys = [...Array.from({ length: opened }, (_, index) => keyOf(index)), ...beside];
      const deleted = await Promise.allSettled(keys.map((key) => store.delete(key)));
      const left = deleted.filter(({ status }) => status === 'rejected').length;
      // Parts without a manifest are no run; they expire with the archive.
      if (left > 0) log.warn('Export:Run:PartsLeft', { window: run.date, run: run.run, parts: left });
    },
  };
}
