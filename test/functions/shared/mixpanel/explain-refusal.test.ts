import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { explainRefusal, hostsOf } from '../../../../functions/shared/mixpanel/explain-refusal.ts';
import type { ServiceAccountOptions } from '../../../simulators/mixpanel/options.ts';
import { startMixpanel } from '../../../simulators/mixpanel/server.ts';

const account = { username: 'etl.1.mp-service-account', secret: 's1' };
const credential = { kind: 'serviceAccount', ...account } as const;

/** What is said with the account as the configured region's host knows it. */
async function explained(known: Partial<ServiceAccountOptions>, otherUrl?: string) {
  const server = await startMixpanel({
    projects: [{ projectId: 7 }, { projectId: 8 }],
    accounts: [{ ...account, ...known }],
  });
  const other = otherUrl === undefined ? [] : [{ region: 'eu', appUrl: otherUrl } as const];
  const hosts = [{ region: 'us', appUrl: server.url } as const, ...other];
  const why = await explainRefusal({ credential, projectId: '7', hosts });
  await server.close();
  return why;
}

describe('why Mixpanel refuses an export', () => {
  it('is the project, where the credential may open others', async () => {
    expect(await explained({ projectIds: [8] })).toContain('may not open project 7 but 8');
  });

  it('is the role, where the credential may open the project', async () => {
    expect(await explained({})).toContain('its role must allow to export');
  });

  it('is not told where the credential may not see its own details', async () => {
    expect(await explained({ userDetails: false })).toBeUndefined();
  });

  it('is not said to be the secret while a region gives no answer', async () => {
    const wrong = { secret: 'another' };
    expect(await explained(wrong, 'http://127.0.0.1:1')).toBe('refused in us; eu gave no answer');
    expect(await explained(wrong)).toContain('put a right one into the secret');
  });

  it('names projects that nobody would call so on one line, and cut', async () => {
    const projects = { [`8\u001b[2A\n${'9'.repeat(10_000)}`]: { name: 'shop' } };
    const server = createServer((_, response) => response.end(JSON.stringify({ projects })));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = z.object({ port: z.number() }).parse(server.address());
    const hosts = [{ region: 'us', appUrl: `http://127.0.0.1:${port}` } as const];
    const why = await explainRefusal({ credential, projectId: '7', hosts });
    server.closeAllConnections();
    server.close();
    expect(why).toMatch(/may not open project 7 but 8 \[2A 9{290,300}…: correct/);
  });

  it('is asked of no host but its own behind a proxy, and of none where only exports come from elsewhere', () => {
    const mixpanel = { region: 'eu', baseUrl: 'https://data-eu.mixpanel.com' } as const;
    expect(hostsOf({ ...mixpanel, appUrl: 'https://proxy.example' })).toEqual([
      { region: 'eu', appUrl: 'https://proxy.example' },
    ]);
    const appUrl = 'https://eu.mixpanel.com';
    expect(hostsOf({ ...mixpanel, appUrl }).map(({ region }) => region)).toEqual(['eu', 'us', 'in']);
    expect(hostsOf({ ...mixpanel, appUrl, baseUrl: 'http://127.0.0.1:1' })).toEqual([]);
  });

  it('is not told where nobody is asked', async () => {
    expect(await explainRefusal({ credential, projectId: '7', hosts: [] })).toBeUndefined();
  });
});
