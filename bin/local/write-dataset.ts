import { createWriteStream, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { openExchange } from '../../functions/shared/http-exchange.ts';
import { parseJsonWith } from '../../functions/shared/parse.ts';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import { sendRequest } from '../../functions/shared/vendor-request.ts';

/** How many rows a source has had accepted. */
export type AcceptedRows = (source: string) => number;

/**
 * Writes what the simulated datasets hold: the rows of their active batches, one JSON object per line. Streamed rows
 * are waited for, since Platform takes them in a little later.
 *
 * @returns the file.
 */
export async function writeDataset(
  sources: readonly SourceSettings[],
  dataDir: string,
  accepted: AcceptedRows,
): Promise<string> {
  for (const source of sources) {
    if (source.platform.delivery === 'streaming') await untilTakenIn(source, accepted(source.id));
  }
  const folder = join(dataDir, 'dataset');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'active.ndjson');
  // Under another name first: whoever finds the file finds all of it.
  await pipeline(Readable.from(rowsOf(sources)), createWriteStream(`${file}.new`));
  renameSync(`${file}.new`, file);
  return file;
}

/** The simulator is on this machine: what takes it a minute will never come. */
const timeouts = { connectMs: 10_000, firstByteMs: 60_000, idleMs: 60_000 };

/** Longer than the simulator takes for what it was sent last. */
const mostLooks = 60;
const lookEveryMs = 500;
const activeStats = z.object({ rows: z.number() });

async function untilTakenIn({ platform }: SourceSettings, expected: number): Promise<void> {
  const url = `${platform.baseUrl}/_sim/datasets/${platform.datasetId}/active-stats`;
  for (let look = 0; look < mostLooks; look += 1) {
    const { text } = await sendRequest('reading the simulated dataset', { method: 'GET', url, headers: {} });
    if (parseJsonWith(activeStats, text, 'reading the simulated dataset').rows >= expected) return;
    await sleep(lookEveryMs);
  }
}

async function* rowsOf(sources: readonly SourceSettings[]): AsyncGenerator<Buffer> {
  for (const { id, platform } of sources) {
    const url = `${platform.baseUrl}/_sim/datasets/${platform.datasetId}/active`;
    const answer = await openExchange({ method: 'GET', url, headers: {}, timeouts });
    if (answer.statusCode !== 200) {
      answer.destroy();
      throw new Error(`reading the simulated dataset of ${id}: HTTP ${answer.statusCode}`);
    }
    yield* answer;
  }
}
