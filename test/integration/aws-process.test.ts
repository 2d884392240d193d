import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../simulators/aws/main.ts', import.meta.url));

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'aws-process-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

function start(...more: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', main, '--data', dataDir, ...more], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('no pipes');
  return { child, stdout, stderr, ended: once(child, 'exit') };
}

it('says where it listens, and ends cleanly when told to', async () => {
  const { child, stdout, ended } = start('--port', '0');
  const [line] = await once(createInterface(stdout), 'line');
  expect(JSON.parse(String(line))).toEqual({
    ready: true,
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
  });
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

it('ends when the one who started it is gone', async () => {
  const { child, stdout, ended } = start();
  await once(createInterface(stdout), 'line');
  child.disconnect();
  expect(await ended).toEqual([0, null]);
});

it('ends with a message that names the port when that is in use', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const { stderr, ended } = start('--port', String(port));
  expect(await text(stderr)).toBe(`starting the embedded AWS: port ${port} is in use\n`);
  expect(await ended).toEqual([1, null]);
  other.close();
});
