import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { personIds } from '../../functions/shared/person-ids.ts';
import { newestSettledWindow, previousWindow } from '../../functions/shared/window.ts';
import { projectRoot } from '../../lib/config.ts';
import { localPlatform } from '../simulators/platform/options.ts';
import { deliveredRows, expectedRows, runLocalCommand, startLocal } from '../support/local-command.ts';
import { fromRunbook, type } from '../support/runbook.ts';
import { settledDay } from '../support/settled-day.ts';
import { withdrawBatch } from '../support/withdraw-batch.ts';

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
/** The simulated project's. */
const world = { seed: 1, eventsPerDay: events };

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
const mappingSchema = z.looseObject({ mappings: z.array(z.looseObject({ destination: z.string() })) });
const rowSchema = z.looseObject({ eventType: z.string() });
const backfillSchema = z.looseObject({ request: z.string(), state: z.string(), done: z.number() });

/** Where a local connector keeps its archive. */
function archiveOf(data: string): string {
  const buckets = join(data, 'aws', 's3');
  return join(buckets, readdirSync(buckets)[0] ?? '');
}

/** The record of the only backfill; a command each time would cost a second. */
function backfillOf(data: string) {
  const folder = join(archiveOf(data), 'state', 'source=shop', 'backfills');
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

/** A part of a window's newest run. */
function partOf(data: string, date: string): string {
  const window = join(archiveOf(data), 'raw', 'source=shop', `date=${date}`);
  return join(window, readdirSync(window).sort().at(-1) ?? '', 'part-00000.ndjson.gz');
}

/** The default mapping with another event type for every event. */
function changedMapping(): string {
  const { mappings, ...others } = mappingSchema.parse(
    JSON.parse(readFileSync(join(projectRoot, 'mappings/default.json'), 'utf8')),
  );
  const changed = mappings.map((rule) =>
    rule.destination === 'eventType' ? { ...rule, source: 'concat("changed ", event)' } : rule,
  );
  const file = join(dir, 'my-mapping.json');
  writeFileSync(file, JSON.stringify({ ...others, mappings: changed }));
  return file;
}

afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

describe('the procedures of the runbook', () => {
  const data = join(dir, 'data');
  const held = 'Hold the dataset to the ledger';
  const run = (command: readonly string[]) => type([...command, '--data', data]);

  it('First deploy: doctor passes, and the first window is asked for', { timeout: 240_000 }, async () => {
    const deployed = await runLocalCommand(local(data));
    expect(deployed.status, deployed.said).toBe(0);
    const doctor = await run(fromRunbook('First deploy', 'doctor --source shop'));
    expect(doctor.text).toContain(' 0 failed');
    const replay = fromRunbook('First deploy', 'replay', { '2026-03-08': newest });
    expect((await run(replay)).status).toBe(0);
  });

  it('Hold the dataset to the ledger: a batch that was withdrawn is found, and its window replayed', {
    timeout: 120_000,
  }, async () => {
    const [window] = await windowsOf(['status', '--json'], data);
    const batch = window?.batchId ?? '';
    await withdrawBatch(join(data, 'platform', 'shop'), batch);
    const all = await run(fromRunbook(held, 'status --reconcile --check'));
    expect(all.status).toBe(1);
    expect(all.text).toContain(`batch ${batch} is inactive`);
    const one = await run(
      fromRunbook(held, 'status 2026-03-08 --reconcile --source', { '2026-03-08': newest }),
    );
    expect(one.text).toContain(`batch ${batch}, inactive`);
    expect(one.text).toContain(`connector replay ${newest} --source shop`);
    const replay = fromRunbook('Replay a window', 'replay', { '2026-03-08': newest });
    expect((await run(replay)).status).toBe(0);
  });

  it('A backfill: cancelled, it ends for good, and what was exported is delivered', {
    timeout: 240_000,
  }, async () => {
    const heading = 'A backfill: watch, pause, resume, cancel';
    const range = { '2024-01-01': daysBefore(newest, 8), '2025-12-31': daysBefore(newest, 1) };
    const dryRun = await run(fromRunbook(heading, 'backfill 2024', range));
    expect(dryRun.text).toContain('8 windows');
    const ask = fromRunbook(heading, 'backfill 2024', range).filter((word) => word !== '--dry-run');
    expect((await run(ask)).status).toBe(0);
    // Five seconds for each window: the backfill has not ended before it is cancelled.
    const running = startLocal(local(data, '--export-speed', '4'));
    const known = () => backfillOf(data);
    let backfill = known();
    while (backfill === undefined || backfill.done === 0) {
      await sleep(200);
      backfill = known();
    }
    const cancel = fromRunbook(heading, 'backfill --cancel', { ID: backfill.request });
    expect((await run(cancel)).status).toBe(0);
    const ended = await running.ended;
    expect(ended.status, ended.said).toBe(0);
    const { state, done } = known() ?? { state: 'none', done: 0 };
    expect(state).toBe('cancelled');
    expect(done).toBeLessThan(8);
    const windows = await windowsOf(['status', '--json'], data);
    expect(windows.filter(({ date }) => date < newest)).toHaveLength(done);
    for (const window of windows) expect(window.state).toMatch(/delivered|unchanged/);
  });

  it('Replay a window: what was withdrawn is in the dataset again, each row once', {
    timeout: 120_000,
  }, async () => {
    const ofNewest = { '2026-03-08': newest };
    const history = await run(fromRunbook('Replay a window', 'status', ofNewest));
    expect(history.text).toMatch(new RegExp(`^shop ${newest} {2}(delivered|unchanged)`));
    const days = (await windowsOf(['status', '--json'], data)).map(({ date }) => date);
    expect(deliveredRows(join(data, 'dataset', 'active.ndjson'))).toEqual(await expectedRows(days, world));
    expect((await run(fromRunbook(held, 'status --reconcile --source'))).text).toContain('All is well.');
    const recount = await run(fromRunbook(held, 'status 2026-03-08 --reconcile --recount', ofNewest));
    expect(recount.text).toContain('no difference');
    expect(recount.text).toMatch(/^Mixpanel has what run \S+ has, event for event/m);
    const sample = await run(fromRunbook(held, 'status 2026-03-08 --sample', ofNewest));
    expect(sample.text).toMatch(/^ +10 {2}same$/m);
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

  /** The ids of somebody who is to be forgotten. */
  let person: readonly string[] = [];
  const isLeft = (line: string) => !personIds(Buffer.from(line)).some((id) => person.includes(id));

  it("Deletion of a person's data, and Reload after a mapping change, worked off by one run", {
    timeout: 240_000,
  }, async () => {
    const days = (await windowsOf(['status', '--json'], data)).map(({ date }) => date).sort();
    const lines = gunzipSync(readFileSync(partOf(data, newest)))
      .toString()
      .trimEnd()
      .split('\n');
    person = lines.map((line) => personIds(Buffer.from(line))).find((ids) => ids.length === 2) ?? [];
    expect(person).toHaveLength(2);
    const ids = { 'ids.txt': join(dir, 'ids.txt') };
    writeFileSync(ids['ids.txt'], person.join('\n'));
    const deletion = "Deletion of a person's data";
    const look = () => run(fromRunbook(deletion, 'forget --ids ids.txt --source shop --dry-run', ids));
    expect((await look()).text).toContain(newest);
    const forget = await run(fromRunbook(deletion, 'forget --ids ids.txt --source shop --reason', ids));
    expect(forget.status, forget.text).toBe(0);
    expect(forget.text).toMatch(/^\d windows? to be delivered anew/m);

    const heading = 'Reload after a mapping change';
    const mapping = changedMapping();
    const files = { 'my-mapping.json': mapping, 'events.ndjson': partOf(data, newest) };
    const preview = await type(fromRunbook(heading, 'preview', files));
    expect(preview.text).toContain('"eventType": "changed ');
    const [oldest = ''] = days;
    const reload = fromRunbook(heading, 'replay 2026-03-08 --reload', { '2026-03-08': oldest });
    expect((await run(reload)).status).toBe(0);
    const range = { '2026-01-01': oldest, '2026-03-07': days.at(-2) ?? '' };
    expect((await run(fromRunbook(heading, 'backfill', range))).status).toBe(0);
    // `cdk deploy` with the new mapping; the newest window is exported anew by the schedule.
    const { status, said, result } = await runLocalCommand(local(data, '--mapping', mapping));
    expect(status, said).toBe(0);
    expect(deliveredRows(result.dataset)).toEqual(await expectedRows(days, world, isLeft));
    const rows = readFileSync(result.dataset, 'utf8').trimEnd().split('\n');
    for (const row of rows) expect(rowSchema.parse(JSON.parse(row)).eventType).toMatch(/^changed /);

    expect((await look()).text).toContain('No stored run holds an event of theirs.');
    expect((await run(fromRunbook(deletion, 'status --source shop'))).text).toContain('All is well.');
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
    expect((await run(reload)).status).toBe(0);
    const args = local(data);
    configFile('65f0000000000000000000aa');
    const { status, said, result } = await runLocalCommand(args);
    expect(status, said).toBe(0);
    const days = [...backfilled, newest];
    expect(deliveredRows(result.dataset)).toEqual(await expectedRows(days, world, isLeft));
  });
});
