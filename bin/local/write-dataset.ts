import { createWriteStream, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { openExchange } from '../../functions/shared/http-exchange.ts';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';

/**
 * Writes what the simulated datasets hold: the rows of their active batches, one JSON object per line.
 *
 * @returns the file.
 */
export async function writeDataset(sources: readonly SourceSettings[], dataDir: string): Promise<string> {
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
