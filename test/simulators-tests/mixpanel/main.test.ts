import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { defaultUsername } from '../../simulators/mixpanel/options.ts';
import { startMixpanel } from '../../simulators/mixpanel/server.ts';
import { basic, day } from './client.ts';

const main = fileURLToPath(new URL('../../simulators/mixpanel/main.ts', import.meta.url));
const readySchema = z.strictObject({ ready: z.literal(true), url: z.url() });
const children: ChildProcess[] = [];

function start(
  args: readonly string[],
  env: Readonly<Record<string, string>> = { MIXPANEL_SIM_SECRET: 'abc' },
) {
  const child = fork(main, args, {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, ...env },
    silent: true,
  });
  children.push(child);
  return child;
}

async function ready(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no standard output');
  const [line] = await once(createInterface(child.stdout), 'line');
  return readySchema.parse(JSON.parse(String(line))).url;
}

async function failure(child: ChildProcess): Promise<string> {
  let text = '';
  child.stderr?.on('data', (part) => {
    text += String(part);
  });
  const [code] = await once(child, 'close');
  expect(code).not.toBe(0);
  return text;
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

describe('the simulator as a program', () => {
  it('says where it listens, serves the export, and ends when asked to', async () => {
    const child = start(['--port', '0', '--events', '25', '--legacy', '--timezone', 'Pacific Standard Time']);
    const url = await ready(child);
    const query = `project_id=2195193&from_date=${day}&to_date=${day}`;
    const headers = { authorization: basic(defaultUsername, 'abc') };
    const text = await (await fetch(`${url}/api/2.0/export?${query}`, { headers })).text();
    expect(text.split('\n')).toHaveLength(26);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('ends when its parent is gone', async () => {
    const child = start([]);
    await ready(child);
    child.disconnect();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('names what is wrong with its start', async () => {
    const taken = await startMixpanel({ secret: 'abc' });
    try {
      const texts = await Promise.all([
        failure(start(['--port', String(taken.port)])),
        failure(start([], { MIXPANEL_SIM_SECRET: '' })),
        failure(start(['--timezone', 'Mars/Olympus'])),
        failure(start(['--duplicates', '2'])),
      ]);
      expect(texts[0]).toContain(`port ${taken.port} is taken`);
      expect(texts[1]).toContain('MIXPANEL_SIM_SECRET');
      expect(texts[2]).toContain('Mars/Olympus');
      expect(texts[3]).toContain('share from 0 to 1');
    } finally {
      await taken.close();
    }
  });
});
