import { afterAll, expect, it } from 'vitest';
import { forgetPeople } from '../../../bin/forget/forget-people.ts';
import { runOfManifestKey } from '../../../functions/shared/object-keys.ts';
import { createCrash } from '../../support/crash.ts';
import { forgetPlace, keptByRun, lineOf, objectsWith } from '../../support/forget-world.ts';
import { createLoadWorld, deliver, type LoadWorld, window } from '../../support/load-world.ts';
import { createMemoryQueue } from '../../support/memory-queue.ts';
import { createSeededRandom, type SeededRandom } from '../../support/seeded-random.ts';

/** Each another window with its people. More of them by SEEDS, for a long night. */
const seeds = Number(process.env.SEEDS ?? 25);

const world: LoadWorld = await createLoadWorld({ platform: { processingMs: 1 } });
afterAll(() => world.close());

const person = 'pérson-4711';

/** Ways in which an event names the person. */
const naming: readonly [() => object, ...(() => object)[]] = [
  () => ({ distinct_id: person }),
  () => ({ distinct_id: `$device:${person}` }),
  () => ({ distinct_id: 'canonical', $user_id: person }),
  () => ({ $device_id: person }),
  () => ({ distinct_id: 'other', $distinct_id_before_identity: person }),
  () => ({ distinct_id: 'anna', $distinct_ids: ['anna', person] }),
  () => ({ distinct_id: 'anna', $anon_distinct_id: person }),
];

interface Scenario {
  readonly where: string;
  readonly newest: string;
  /** By run: lines that are to be left. */
  readonly others: ReadonlyMap<string, readonly string[]>;
  /** Events that must be active in the end, sorted. */
  readonly expected: readonly string[];
}

/** One to three runs; in each some events of the person, and duplicates of others. */
async function storeScenario(seed: number, random: SeededRandom): Promise<Scenario> {
  const others = new Map<string, readonly string[]>();
  let [newest, expected]: [string, string[]] = ['', []];
  const runs = 1 + random.below(3);
  for (let number = 0; number < runs; number += 1) {
    newest = `2026030${number + 1}T033000123Z-1f2e3d4c`;
    const lines = Array.from({ length: 1 + random.below(12) }, (_, index) => {
      const event = `s${seed}r${number}e${index}`;
      return random.chance(0.3)
        ? lineOf(event, random.pick(naming)())
        : lineOf(event, { distinct_id: random.pick(['anna', 'pérson-471']) });
    });
    const kept = lines.filter((line) => !line.includes(person));
    const doubled = random.chance(0.4) ? kept.slice(0, 1) : [];
    const stored = [...doubled, ...lines];
    await world.storeRun(newest, stored, 1 + random.below(5), {
      superseded: doubled.map((_, index) => index),
    });
    others.set(newest, [...kept].sort());
    expected = kept.map((line) => String(JSON.parse(line).event)).sort();
  }
  return { where: `seed ${seed}`, newest, others, expected };
}

/** Calls it until it comes to its end; it dies up to three times on the way. */
async function forgetAtLast(random: SeededRandom, queue: ReturnType<typeof createMemoryQueue>) {
  for (let deaths = random.below(4); deaths > 0; deaths -= 1) {
    const crash = createCrash({ at: random.below(90), when: random.pick(['before', 'after']) });
    const place = forgetPlace(crash.guard(world.store), crash.guard(queue));
    await forgetPeople(place, { ids: [person], texts: [person] }).catch((error: unknown) => {
      if (!crash.fired()) throw error;
    });
  }
  return forgetPeople(forgetPlace(world.store, queue), { ids: [person], texts: [person] });
}

/** As export-window answers a reload: the newest complete run, for the request that asked for it. */
async function reload({ sent }: ReturnType<typeof createMemoryQueue>): Promise<void> {
  for (const { attributes } of sent) {
    const runs = [...world.store.objects.keys()].flatMap((key) => runOfManifestKey(key) ?? []).sort();
    await world.drain({ ...deliver(runs.at(-1) ?? '', attributes.request), reload: true });
  }
}

it(`people are gone from archive and dataset, and everybody else is there once, for ${seeds} seeds`, {
  timeout: 120_000,
}, async () => {
  const scenarios: Scenario[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    world.store.objects.clear();
    const random = createSeededRandom(seed);
    const scenario = await storeScenario(seed, random);
    const { where, newest, others } = scenario;
    if (random.chance(0.8)) await world.drain(deliver(newest));
    const queue = createMemoryQueue();
    const { windows } = await forgetAtLast(random, queue);
    expect(
      windows.flatMap(({ pending }) => pending),
      where,
    ).toEqual([]);
    expect(objectsWith(world.store, person), where).toEqual([]);
    const kept = await keptByRun(world.store);
    expect(new Map([...kept].map(([run, lines]) => [run.replace(/-f0001-.*/, ''), lines])), where).toEqual(
      others,
    );
    if (queue.sent.length === 0) await world.drain(deliver([...kept.keys()].sort().at(-1) ?? '', 'daily'));
    await reload(queue);
    scenarios.push(scenario);
    expect((await world.deps.ledgers.read(window)).state, where).toMatch(/delivered|unchanged|empty/);
  }
  const active = await world.activeEvents();
  for (const [index, { where, expected }] of scenarios.entries()) {
    expect(
      active.filter((name) => name.startsWith(`s${index + 1}r`)),
      where,
    ).toEqual(expected);
  }
});
