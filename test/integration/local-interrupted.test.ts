import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  deliveredRows,
  expectedRows,
  type LocalCommand,
  runLocalCommand,
  runningServers,
  startLocal,
} from '../support/local-command.ts';
import { settledDay } from '../support/settled-day.ts';

await settledDay();

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'connector-local-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const lockFile = () => join(dir, 'host.lock');

async function untilServersEnd(): Promise<void> {
  const lock = readFileSync(lockFile(), 'utf8');
  for (let tries = 0; runningServers(lock) > 0; tries += 1) {
    if (tries > 200) throw new Error('servers outlive their host by 10 s');
    await sleep(50);
  }
}

/** Runs what is left to its end and compares what was delivered with what there was to deliver. */
async function expectCompletion(
  events: number,
  meanwhile?: (command: LocalCommand) => Promise<void>,
): Promise<void> {
  const { status, result } = await runLocalCommand(['--data', dir], meanwhile);
  expect(status).toBe(0);
  for (const { state } of result.windows) expect(['delivered', 'unchanged']).toContain(state);
  const dates = result.windows.map((window) => window.date);
  expect(dates).toHaveLength(2);
  expect(deliveredRows(result.dataset)).toEqual(await expectedRows(dates, { seed: 1, eventsPerDay: events }));
}

/** A second host finds the first one in its data directory. */
async function expectNobodyElse(first: LocalCommand): Promise<void> {
  await first.until(/Starting/);
  const second = await startLocal(['--data', dir]).ended;
  expect(second.status).toBe(2);
  expect(second.said).toContain('another connector (process ');
}

describe('connector local, killed', () => {
  // Where a window may be caught: Mixpanel is being read, or Platform written to. Which of the first three states
  // is seen first depends on the machine; a window is loading for seconds anywhere.
  it.each([
    ['as soon as a window is at work', /exporting|exported|loading/],
    ['while a window is loaded', /loading/],
  ])('%s, finishes when started again', { timeout: 120_000 }, async (_, moment) => {
    const command = startLocal(['--days', '2', '--events', '5000', '--data', dir]);
    await command.until(moment);
    command.child.kill('SIGKILL');
    await command.ended;
    await untilServersEnd();
    await expectCompletion(5000);
  });
});

describe('connector local, interrupted', () => {
  it('stops cleanly, says how to go on, and does, keeping a second host out of its data directory', {
    timeout: 120_000,
  }, async () => {
    const command = startLocal(['--days', '2', '--events', '500', '--data', dir]);
    await command.until(/exporting|loading/);
    const lock = readFileSync(lockFile(), 'utf8');
    // Twice at once, as it comes from a terminal through npm: that is one Ctrl-C, not two.
    command.child.kill('SIGINT');
    command.child.kill('SIGINT');
    const { status, said, stdout } = await command.ended;
    expect(status).toBe(130);
    expect(said).toContain(`connector local --data ${dir}`);
    expect(stdout).toBe('');
    expect(runningServers(lock)).toBe(0);
    expect(existsSync(lockFile())).toBe(false);
    await expectCompletion(500, expectNobodyElse);
  });
});
