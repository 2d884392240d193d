import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAws } from '../simulators/aws/server.ts';
import { startMixpanel } from '../simulators/mixpanel/server.ts';
import { localPlatform } from '../simulators/platform/options.ts';
import { startPlatform } from '../simulators/platform/server.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'own-host-'));
const servers = new Map<string, { readonly port: number; close(): Promise<unknown> }>();
beforeAll(async () => {
  servers.set('aws', await startAws({ dataDir: join(dataDir, 'aws') }));
  servers.set('mixpanel', await startMixpanel({ secret: 'not-a-real-secret' }));
  servers.set('platform', await startPlatform({ ...localPlatform, dataDir: join(dataDir, 'platform') }));
});
afterAll(async () => {
  for (const server of servers.values()) await server.close();
  rmSync(dataDir, { recursive: true });
});

/** The answer to a request that names this host, whichever it is sent to. */
async function ask(name: string, host: string, headers: Readonly<Record<string, string>> = {}) {
  const port = servers.get(name)?.port;
  const sent = request({ host: '127.0.0.1', port, path: '/_sim/stats', headers: { host, ...headers } }).end();
  const [answer]: IncomingMessage[] = await once(sent, 'response');
  if (answer === undefined) throw new Error('no answer');
  const origin = answer.headers['access-control-allow-origin'];
  return { status: answer.statusCode, body: await text(answer), origin };
}

describe.each(['aws', 'mixpanel', 'platform'])('the simulated %s', (name) => {
  it.each(['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example:80', '[::2]', 'x'])(
    'answers nothing to a page that has the name "%s" lead to this machine',
    async (host) => {
      expect(await ask(name, host)).toMatchObject({ status: 421, body: expect.stringContaining('alone') });
      expect((await ask(name, host, { expect: '100-continue' })).status).toBe(421);
    },
  );

  it.each(['https://evil.example', 'http://localhost.evil.example', 'null'])(
    'does nothing for a page of the origin %s, and lets it read nothing',
    async (origin) => {
      expect(await ask(name, 'localhost', { origin })).toMatchObject({ status: 421, origin: undefined });
    },
  );

  it('tells browsers of no other origin', async () => {
    const answer = await ask(name, 'localhost', { origin: 'http://localhost:3000' });
    expect(answer).toMatchObject({ status: 200, origin: undefined });
  });

  it.each(['127.0.0.1', 'localhost:8080', 'bucket.localhost', '[::1]:80'])(
    'answers to this machine by its own name %s',
    async (host) => {
      expect((await ask(name, host)).status).toBe(200);
    },
  );
});
