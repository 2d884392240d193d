import { createReadStream, statSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';
import { generateBytes } from './generate.ts';

/**
 * The export as a process of its own. Given a file it sends that; given numbers it makes the events anew for every
 * request, so that a window of any size needs no disk.
 */
async function answer(response: ServerResponse, [file, events, eventBytes]: readonly string[]) {
  response.setHeader('content-encoding', 'gzip');
  if (file !== undefined && file !== '-') {
    response.setHeader('content-length', statSync(file).size);
    return pipeline(createReadStream(file, { highWaterMark: 256 * 1024 }), response);
  }
  const source = Readable.from(generateBytes(Number(events), Number(eventBytes)));
  // The receiver's memory is what is asked here: level 1 makes it work sooner.
  return pipeline(source, createGzip({ level: constants.Z_BEST_SPEED }), response);
}

const server = createServer((_request, response) => {
  answer(response, process.argv.slice(2)).catch(() => response.destroy());
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.stdout.write(`${JSON.stringify({ ready: true, url: `http://127.0.0.1:${port}` })}\n`);
});
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
