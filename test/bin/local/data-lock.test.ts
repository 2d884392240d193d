import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockData } from '../../../bin/local/data-lock.ts';
import { openFlightJournal } from '../../../bin/local/flight-journal.ts';
import { identify, isRunning } from '../../../bin/local/process-identity.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'connector-lock-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A process of our own that does nothing until it is killed. */
async function idleProcess() {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const identity = identify(child.pid ?? 0);
  if (identity === undefined) throw new Error('the process did not start');
  return { child, ended, identity };
}

describe('the lock of a data directory', () => {
  it('keeps a second host out, and lets it in when the first has ended', async () => {
    const lock = await lockData(dir);
    await expect(lockData(dir)).rejects.toThrow(
      `another connector (process ${process.pid}) works there; end it, or give another --data`,
    );
    lock.release();
    (await lockData(dir)).release();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('is taken over from a host that was killed, once the servers it had started are gone', async () => {
    const host = await idleProcess();
    const server = await idleProcess();
    writeFileSync(
      join(dir, 'host.lock'),
      JSON.stringify({ host: host.identity, servers: [server.identity] }),
    );
    await expect(lockData(dir)).rejects.toThrow(`process ${host.identity.pid}`);
    host.child.kill('SIGKILL');
    await host.ended;
    setTimeout(() => server.child.kill('SIGKILL'), 200);
    const lock = await lockData(dir);
    expect(isRunning(server.identity)).toBe(false);
    lock.release();
  });

  it('is taken over when its process number belongs to another process by now, or when it is unreadable', async () => {
    const other = { pid: process.pid, startedAt: 'another time' };
    writeFileSync(join(dir, 'host.lock'), JSON.stringify({ host: other, servers: [other] }));
    (await lockData(dir)).release();
    writeFileSync(join(dir, 'host.lock'), '{');
    (await lockData(dir)).release();
  });
});

describe('the journal of messages in flight', () => {
  const flight = { queue: 'work', receiptHandles: ['a', 'b'] };

  it('remembers a flight until it is forgotten', () => {
    const forget = openFlightJournal(dir).begin(flight);
    const left = openFlightJournal(dir).leftOver();
    expect(left.map((entry) => entry.flight)).toEqual([flight]);
    forget();
    expect(openFlightJournal(dir).leftOver()).toEqual([]);
  });

  it('passes over entries that a killed host left half written', () => {
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'x.json'), '{"queue":');
    writeFileSync(join(dir, 'y.json.new'), JSON.stringify(flight));
    expect(openFlightJournal(dir).leftOver()).toEqual([]);
    expect(readdirSync(dir)).toEqual([]);
  });
});
