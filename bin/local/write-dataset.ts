import { createWriteStream, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { request } from 'undici';
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

async function* rowsOf(sources: readonly SourceSettings[]): AsyncGenerator<Buffer> {
  for (const { id, platform } of sources) {
    const answer = await request(`${platform.baseUrl}/_sim/datasets/${platform.datasetId}/active`);
    if (answer.statusCode !== 200) {
      await answer.body.dump();
      throw new Error(`reading the simulated dataset of ${id}: HTTP ${answer.statusCode}`);
    }
    for await (const bytes of answer.body) yield bytes;
  }
}
