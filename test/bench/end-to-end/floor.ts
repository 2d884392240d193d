import { createReadStream, createWriteStream } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGunzip, createGzip } from 'node:zlib';
import { defaultProjectId, defaultUsername } from '../../simulators/mixpanel/options.ts';
import { startServer } from '../export/children.ts';
import { exportPath, streamSizes } from '../export/protocol.ts';

const secret = 'a-secret-of-some-length';

/**
 * The least that a connector could do with a day, in the same world: fetch it from the Mixpanel simulator, gzip it into
 * an archive, read it back, and upload it as it is. `floor.ts EVENTS FOLDER DATE`.
 */
async function floor([events = '', folder = '', date = '']: readonly string[]): Promise<void> {
  process.env.MIXPANEL_SIM_SECRET = secret;
  const main = fileURLToPath(new URL('../../simulators/mixpanel/main.ts', import.meta.url));
  const accept = fileURLToPath(new URL('../mapping/accept.ts', import.meta.url));
  const mixpanel = await startServer(['--import', 'tsx', main, '--events', events]);
  const platform = await startServer(['--import', 'tsx', accept]);
  try {
    const archive = join(folder, 'day.ndjson.gz');
    const { gunzipChunkBytes, gzipChunkBytes, gzipLevel } = streamSizes;
    await pipeline(
      await fetchDay(mixpanel.url, date),
      createGunzip({ chunkSize: gunzipChunkBytes }),
      createGzip({ level: gzipLevel, chunkSize: gzipChunkBytes }),
      createWriteStream(archive),
    );
    const upload = request(`${platform.url}/day.json`, { method: 'PUT' });
    const answered = new Promise<Readable>((resolve, reject) =>
      upload.on('response', resolve).on('error', reject),
    );
    await pipeline(createReadStream(archive), createGunzip({ chunkSize: gunzipChunkBytes }), upload);
    (await answered).resume();
  } finally {
    await mixpanel.stop();
    await platform.stop();
  }
}

function fetchDay(url: string, date: string): Promise<Readable> {
  const query = `project_id=${defaultProjectId}&from_date=${date}&to_date=${date}&time_in_ms=true`;
  const call = request(`${url}${exportPath}?${query}`, {
    auth: `${defaultUsername}:${secret}`,
    headers: { 'accept-encoding': 'gzip' },
  });
  return new Promise((resolve, reject) => {
    call.on('response', (answer) => {
      if (answer.statusCode === 200) resolve(answer);
      else reject(new Error(`the floor’s export was answered by ${answer.statusCode}`));
    });
    call.on('error', reject).end();
  });
}

await floor(process.argv.slice(2));
