import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { newestSettledWindow, previousWindow } from '../../functions/shared/window.ts';
import { localPlatform } from '../simulators/platform/options.ts';
import { deliveredRows, expectedRows, runLocalCommand, startLocal } from '../support/local-command.ts';
import { fromRunbook, type } from '../support/runbook.ts';
import { settledDay } from '../support/settled-day.ts';

await settledDay();

/**
 * Procedures of docs/runbook.md, carried out on a local connector one after another, with the commands that its text
 * has. What only AWS can do (`npx cdk …`, `aws …`) is done here by what stands for it locally, and is said so.
 */
const dir = mkdtempSync(join(tmpdir(), 'connector-runbook-'));
const newest = newestSettledWindow(Date.now(), 'UTC');
const daysBefore = (date: string, count: number): string =>
  count === 0 ? date : daysBefore(previousWindow(date), count - 1);
const events = 20;

/** The configuration, of the one dataset or another. `connector local` plays the vendors. */
function configFile(datasetId: string = localPlatform.datasetId): string {
  const file = join(dir, 'connector.config.json');
  const { orgId, sandbox, schemaId, tenant } = localPlatform;
  const source = {
    id: 'shop',
    mixpanel: { projectId: 2195193 },
    platform: { orgId, sandbox, datasetId, schemaId, tenant },
  };
  writeFileSync(file, JSON.stringify({ stackName: 'MixpanelConnector', sources: [source] }));
  return file;
}

/** Deploys, fills the secrets, and works off what is asked for: on one machine these are one command. */
const local = (data: string, ...more: string[]) => [
  ...['--config', configFile(), '--days', '1', '--events', String(events), '--data', data, ...more],
];

const statusSchema = z.looseObject({
  sources: z.array(
    z.looseObject({
      windows: z.array(z.looseObject({ date: z.string(), state: z.string(), batchId: z.string() })),
    }),
  ),
});
const backfillSchema = z.looseObject({ request: z.string(), state: z.string(), done: z.number() });

/** The record of the only backfill, where a local connector keeps it; a command each time would cost a second. */
function backfillOf(data: string) {
  const buckets = join(data, 'aws', 's3');
  const folder = join(buckets, readdirSync(buckets)[0] ?? '', 'state', 'source=shop', 'backfills');
  if (!existsSync(folder)) return undefined;
  const [file] = readdirSync(folder);
  return file === undefined
    ? undefined
    : backfillSchema.parse(JSON.parse(readFileSync(join(folder, file), 'utf8')));
}

async function windowsOf(command: readonly string[], data: string) {
  const { text } = await type([...command, '--data', data]);
  return statusSchema.parse(JSON.parse(text)).sources.flatMap(({ windows }) => windows);
}

afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

describe('the procedures of the runbook', () => {
  const data = join(dir, 'data');

  it('First deploy: doctor passes, and the first window is asked for', { timeout: 240_000 }, async () => {
    const deployed = await runLocalCommand(local(data));
    expect(deployed.status, deployed.said).toBe(0);
    const doctor = await type([...fromRunbook('First deploy', 'doctor --source shop'), '--data', data]);
    expect(doctor.text).toContain(' 0 failed');
    const replay = fromRunbook('First deploy', 'replay', { '2026-03-08': newest });
    expect((await type([...replay, '--data', data])).status).toBe(0);
  });

  it('A backfill: cancelled, it ends for good, and what was exported is delivered', {
    timeout: 240_000,
  }, async () => {
    const heading = 'A backfill: watch, pause, resume, cancel';
    const range = { '2024-01-01': daysBefore(newest, 8), '2025-12-31': daysBefore(newest, 1) };
    const dryRun = await type([...fromRunbook(heading, 'backfill 2024', range), '--data', data]);
    expect(dryRun.text).toContain('8 windows');
    const ask = fromRunbook(heading, 'backfill 2024', range).filter((word) => word !== '--dry-run');
    expect((await type([...ask, '--data', data])).status).toBe(0);
    // Five seconds for each window: the backfill has not ended before it is cancelled.
    const running = startLocal(local(data, '--export-speed', '4'));
    const known = () => backfillOf(data);
    let backfill = known();
    while (backfill === undefined || backfill.done === 0) {
      await sleep(200);
      backfill = known();
    }
    const cancel = fromRunbook(heading, 'backfill --cancel', { ID: backfill.request });
    expect((await type([...cancel, '--data', data])).status).toBe(0);
    const ended = await running.ended;
    expect(ended.status, ended.said).toBe(0);
    const { state, done } = known() ?? { state: 'none', done: 0 };
    expect(state).toBe('cancelled');
    expect(done).toBeLessThan(8);
    const windows = await windowsOf(['status', '--json'], data);
    expect(windows.filter(({ date }) => date < newest)).toHaveLength(done);
    for (const window of windows) expect(window.state).toMatch(/delivered|unchanged/);
    // The window that the first procedure asked for was worked off as well.
    const first = fromRunbook('First deploy', 'status', { '2026-03-08': newest });
    expect((await type([...first, '--data', data])).text).toMatch(/unchanged|delivered/);
  });

  it('Move to another region: with the copied archive nothing is delivered a second time', {
    timeout: 240_000,
  }, async () => {
    const there = join(dir, 'new-region');
    const heading = 'Move to another region';
    const old = await windowsOf(fromRunbook(heading, 'status --json', { ' --region us-east-1': '' }), data);
    // `aws s3 sync`, and the vendors, who are the same wherever the connector runs.
    for (const part of ['aws/s3', 'aws/s3-meta', 'mixpanel', 'platform']) {
      cpSync(join(data, part), join(there, part), { recursive: true });
    }
    const { status, said, result } = await runLocalCommand(local(there));
    expect(status, said).toBe(0);
    expect(result.windows.at(-1)).toMatchObject({ date: newest, state: 'unchanged' });
    const moved = await windowsOf(['status', '--json'], there);
    expect(moved.map(({ date, batchId }) => [date, batchId])).toEqual(
      old.map(({ date, batchId }) => [date, batchId]),
    );
  });

  it('Move to another dataset: what is stored is delivered there, without a call to Mixpanel', {
    timeout: 240_000,
  }, async () => {
    const heading = 'Move to another dataset';
    const windows = await windowsOf(['status', '--json'], data);
    // Those that the cancelled backfill had come to; the newest is delivered anew by the schedule.
    const backfilled = windows.map(({ date }) => date).filter((date) => date < newest);
    const range = { '2026-01-01': backfilled[0] ?? '', '2026-03-07': backfilled.at(-1) ?? '' };
    const reload = fromRunbook(heading, 'backfill', range);
    expect((await type([...reload, '--data', data])).status).toBe(0);
    const args = local(data);
    configFile('65f0000000000000000000aa');
    const { status, said, result } = await runLocalCommand(args);
    expect(status, said).toBe(0);
    const days = [...backfilled, newest];
    expect(deliveredRows(result.dataset)).toEqual(
      await expectedRows(days, { seed: 1, eventsPerDay: events }),
    );
  });
});
