import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { readManifest } from '../../functions/load-window/load-deps.ts';
import { forEachLine } from '../../functions/load-window/map-part.ts';
import { ConfigError } from '../../functions/shared/errors.ts';
import type { Manifest } from '../../functions/shared/manifest.ts';
import { runOfManifestKey, type WindowRef, windowPrefix } from '../../functions/shared/object-keys.ts';
import { readSuperseded } from '../../functions/shared/superseded.ts';
import type { ReadableArchive } from '../archive/folder-archive.ts';
import { openArchive } from '../archive/open-archive.ts';
import { explainAwsFailure } from '../operator/aws-failure.ts';
import { type PreviewOptions, type RunChoice, what } from './preview-options.ts';

/** A run in an archive, opened for a preview. */
export interface StoredRun {
  readonly manifest: Manifest;
  /** Its lines in their order, those that lost against a duplicate left empty: numbers stay those of the run. */
  readonly lines: Readable;
  close(): void;
}

/**
 * Finds the run that the options name.
 *
 * @throws {ConfigError} when there is none.
 */
export async function openStoredRun(run: RunChoice, options: PreviewOptions): Promise<StoredRun> {
  const { data, bucket = '', region, profile } = options;
  const archive = await openArchive(data === undefined ? { bucket, region, profile } : { data }, what);
  try {
    const found = run.run ?? (await newestRun(archive, run));
    if (found === undefined) throw missing(run);
    const manifest = await readManifest({ store: archive }, { ...run, run: found });
    return { manifest, lines: linesOf(archive, manifest), close: archive.close };
  } catch (error) {
    archive.close();
    throw explainAwsFailure(error);
  }
}

function missing({ source, date }: WindowRef): ConfigError {
  return new ConfigError(what, [
    `--run: found "${source}/${date}"; must be a window that has a complete run in this archive`,
  ]);
}

/** Runs sort by their time; one without a manifest is not complete. */
async function newestRun(archive: ReadableArchive, window: WindowRef): Promise<string | undefined> {
  let newest: string | undefined;
  for await (const { key } of archive.list(windowPrefix(window))) newest = runOfManifestKey(key) ?? newest;
  return newest;
}

const newline = Buffer.from('\n');

function linesOf(archive: ReadableArchive, manifest: Manifest): Readable {
  const lines = new PassThrough();
  const reading = new AbortController();
  lines.once('close', () => reading.abort());
  feed(archive, manifest, lines, reading.signal).then(
    () => lines.end(),
    (cause: unknown) => {
      const error = explainAwsFailure(cause);
      lines.destroy(error instanceof Error ? error : new Error('reading the run'));
    },
  );
  return lines;
}

/** Reads the parts as delivery does: each is held against its manifest. */
async function feed(
  archive: ReadableArchive,
  manifest: Manifest,
  lines: PassThrough,
  signal: AbortSignal,
): Promise<void> {
  const superseded = await readSuperseded(archive, manifest, [...manifest.parts.keys()]);
  for (const [index, part] of manifest.parts.entries()) {
    const skipped = superseded.get(index);
    const write = (line: Buffer, number: number) => {
      if (!skipped?.has(number)) lines.write(line);
      return lines.write(newline) ? undefined : drained(lines, signal);
    };
    await forEachLine(await archive.getStream(part.key), part, write, signal);
  }
}

async function drained(lines: PassThrough, signal: AbortSignal): Promise<void> {
  await once(lines, 'drain', { signal });
}
