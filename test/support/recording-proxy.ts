import { createServer, request as forward } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { SentRequest } from './open-api.ts';

export interface RecordingProxy {
  readonly url: string;
  readonly requests: SentRequest[];
  close(): Promise<void>;
}

/** Passes every request on to a server of this machine and remembers how it looked on the wire. */
export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
  const requests: SentRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url = '/', headers } = incoming;
    const pieces: Buffer[] = [];
    incoming.on('data', (piece: Buffer) => pieces.push(piece));
    incoming.on('end', () =>
      requests.push({ method, url, headers, body: Buffer.concat(pieces).toString('utf8') }),
    );
    const passedOn = forward(`${target}${url}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, outgoing).catch(() => outgoing.destroy());
    });
    passedOn.on('error', () => outgoing.destroy());
    pipeline(incoming, passedOn).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
