import { gzipSync } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { forgetPeople } from '../../../bin/forget/forget-people.ts';
import { forgetRecordSchema } from '../../../bin/forget/forget-record.ts';
import { rejectedKey } from '../../../functions/shared/object-keys.ts';
import { type Crash, createCrash, dieAtEveryCall } from '../../support/crash.ts';
import { forgetPlace, keptByRun, lineOf, objectsWith } from '../../support/forget-world.ts';
import { createLoadWorld, type LoadWorld, window } from '../../support/load-world.ts';
import { createMemoryQueue } from '../../support/memory-queue.ts';

const older = '20260309T033000123Z-1f2e3d4c';
const newest = '20260310T033000123Z-5a6b7c8d';
const dead = '20260311T033000123Z-00000000';
const expired = '20260101T033000123Z-00000000';
const person = 'person-4711';
const others = ['anna', 'person-471', 'person-47110'];

const world: LoadWorld = await createLoadWorld();
afterAll(() => world.close());
beforeEach(() => world.store.objects.clear());

/** Two runs that hold the person, the second with a duplicate; what a killed function left; records of an expired run. */
async function storeWindow(): Promise<void> {
  const lines = [
    lineOf('e0', { distinct_id: 'anna' }),
    lineOf('e1', { distinct_id: person }),
    lineOf('e2', { distinct_id: 'person-47110' }),
    lineOf('e3', { distinct_id: `$device:${person}` }),
    lineOf('e4', { distinct_id: 'person-471' }),
  ];
  await world.storeRun(older, lines, 2);
  await world.storeRun(newest, [...lines, lineOf('e0', { distinct_id: 'anna' }, { late: 1 })], 2, {
    superseded: [0],
  });
  await world.storeRun(dead, lines, 2);
  await world.store.delete(`raw/source=shop/date=2026-03-08/run=${dead}/manifest.json`);
  const rejected = `{"reason":"bad","record":${lines[1]}}\n`;
  for (const run of [newest, expired])
    await world.store.put(rejectedKey({ ...window, run }, 0), gzipSync(rejected));
  await world.deps.ledgers.update(window, (ledger) => ({
    ...ledger,
    state: 'delivered',
    exported: { run: newest, request: 'q', at: new Date(0).toISOString() },
  }));
}

async function forgetWithCrash(crash: Crash): Promise<boolean> {
  world.store.objects.clear();
  await storeWindow();
  const queue = createMemoryQueue();
  const dying = createCrash(crash);
  const people = { ids: [person], texts: [person] };
  const where = `dying ${crash.when} call ${crash.at}`;
  const act = () => forgetPeople(forgetPlace(dying.guard(world.store), dying.guard(queue)), people);
  const first = await act().catch((error: unknown) => {
    if (!dying.fired()) throw error;
    return undefined;
  });
  const fired = dying.fired();
  dying.revive();
  const { windows, record } = fired || first === undefined ? await act() : first;

  expect(
    windows.flatMap(({ pending }) => pending),
    where,
  ).toEqual([]);
  expect(objectsWith(world.store, `"${person}"`), where).toEqual([]);
  expect(objectsWith(world.store, `:${person}"`), where).toEqual([]);
  const kept = await keptByRun(world.store);
  expect(
    [...kept.keys()].sort().map((run) => run.replace(/-f0001-.*/, '')),
    where,
  ).toEqual([older, newest]);
  for (const lines of kept.values()) {
    expect(lines.map((line) => JSON.parse(line).properties.distinct_id).sort(), where).toEqual(others);
  }
  const run = [...kept.keys()].sort().at(-1);
  expect((await world.deps.ledgers.read(window)).exported, where).toMatchObject({ run, request: 'q' });
  expect(new Set(queue.sent.map(({ body }) => JSON.stringify(body))), where).toEqual(
    new Set([JSON.stringify({ date: window.date, reload: true, reason: 'request 4711' })]),
  );
  const evidence = forgetRecordSchema.parse(JSON.parse(String(world.store.objects.get(record.key))));
  expect(
    evidence.runs.map(({ removed, kept, reloaded }) => ({ removed, kept, reloaded })),
    where,
  ).toEqual([
    { removed: 2, kept: 3, reloaded: false },
    { removed: 2, kept: 4, reloaded: true },
  ]);
  expect(evidence.deleted.map((one) => one.run).sort(), where).toEqual(
    expect.arrayContaining([expired, dead]),
  );
  return fired;
}

describe('a forgetting that dies', () => {
  it.each(['before', 'after'] as const)(
    '%s any one of its calls is finished by calling it again, and loses nobody else',
    async (when) => {
      const at = await dieAtEveryCall(
        (at) => forgetWithCrash({ at, when }),
        async () => {},
      );
      // Far fewer would mean that the crash was not injected.
      expect(at).toBeGreaterThan(60);
    },
  );
});
