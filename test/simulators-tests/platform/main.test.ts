import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { ndjson, patiently, row, TestClient, temporaryFolder } from './client.ts';

const main = fileURLToPath(new URL('../../simulators/platform/main.ts', import.meta.url));

interface Running {
  readonly child: ChildProcess;
  readonly client: TestClient;
}

function run(...flags: string[]): ChildProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, PLATFORM_SIM_CLIENT_SECRET: 'local-secret' },
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

async function start(...flags: string[]): Promise<Running> {
  const child = run(...flags);
  if (child.stdout === null) throw new Error('no output');
  const [line] = await once(createInterface(child.stdout), 'line');
  const { ready, url } = JSON.parse(line);
  expect(ready).toBe(true);
  const never = () => Promise.reject(new Error('another process'));
  const client = new TestClient({
    url,
    port: Number(new URL(url).port),
    writeActive: never,
    activeStats: never,
    addFault: never,
    advance: never,
    idle: never,
    close: never,
  });
  client.token = (await client.requestToken()).json.access_token;
  return { child, client };
}

it('ends cleanly when asked to, and when its parent goes away', async () => {
  for (const end of [
    (child: ChildProcess) => child.kill('SIGTERM'),
    (child: ChildProcess) => child.kill('SIGINT'),
    (child: ChildProcess) => child.disconnect(),
  ]) {
    const { child } = await start('--data', await temporaryFolder());
    const ended = once(child, 'exit');
    end(child);
    expect(await ended).toEqual([0, null]);
  }
});

it('loses nothing that it has answered for when it is killed', async () => {
  const data = await temporaryFolder();
  const first = await start('--data', data, '--processing-ms', '400');
  const { id } = (await first.client.create()).json;
  await first.client.put(id, 'a.json', ndjson(Array.from({ length: 20_000 }, (_, index) => row(`${index}`))));
  await first.client.act(id, 'COMPLETE');
  const ended = once(first.child, 'exit');
  first.child.kill('SIGKILL');
  await ended;
  const second = await start('--data', data, '--processing-ms', '0');
  await expect.poll(async () => (await second.client.batch(id)).status, patiently).toBe('success');
  expect((await second.client.batch(id)).metrics.outputRecordCount).toBe(20_000);
});

it('names the flag that is wrong', async () => {
  const child = run('--data', await temporaryFolder(), '--port', 'many');
  let text = '';
  child.stderr?.on('data', (piece) => {
    text += String(piece);
  });
  const [code] = await once(child, 'close');
  expect([code, text]).toEqual([2, expect.stringContaining('port: found "many"; must be a whole number')]);
});
