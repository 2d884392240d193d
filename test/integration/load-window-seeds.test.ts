import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeliverMessage } from '../../functions/shared/messages.ts';
import { createCrash } from '../support/crash.ts';
import {
  createLoadWorld,
  deliver,
  eventLines,
  type Fate,
  type LoadWorld,
  window,
} from '../support/load-world.ts';
import { createSeededRandom, type SeededRandom } from '../support/seeded-random.ts';

/** Each makes another window in which several things go wrong at once. More of them by SEEDS, for a long night. */
const seeds = Number(process.env.SEEDS ?? 200);
/** Far more than any of them needs: an endless loop shall fail and not hang. */
const maxSteps = 600;

let world: LoadWorld;
beforeAll(async () => {
  world = await createLoadWorld({ platform: { processingMs: 1 }, source: { maxRejectedPercent: 100 } });
});
afterAll(() => world.close());

/** What a seed's window is delivered from, and what must come of it. */
interface Scenario {
  readonly random: SeededRandom;
  readonly date: string;
  readonly where: string;
  /** What asks for each run, oldest run first. */
  readonly requests: DeliverMessage[][];
  readonly sizes: { readonly fileBytes: number; readonly maxUploads: number };
  /** Events that must be active in the end, sorted. */
  readonly expected: readonly string[];
}

/** One to three runs, some empty, with rejected and superseded lines, asked for in any order and more than once. */
async function storeScenario(seed: number): Promise<Scenario> {
  const random = createSeededRandom(seed);
  const date = new Date(Date.UTC(2020, 0, 1 + seed)).toISOString().slice(0, 10);
  const requests: DeliverMessage[][] = [];
  let expected: string[] = [];
  const runs = 1 + random.below(3);
  for (let number = 0; number < runs; number += 1) {
    const run = `r${number}`;
    const tag = `s${seed}${run}e`;
    const count = random.chance(0.15) ? 0 : 1 + random.below(12);
    const lines = eventLines(count, tag).map((line, index) =>
      random.chance(0.1) ? line.replace(`"event":"${tag}${index}"`, '"event":"bad"') : line,
    );
    const superseded = lines.map((_, index) => index).filter(() => random.chance(0.1));
    await world.storeRun(run, lines, 1 + random.below(5), { date, superseded });
    expected = lines
      .map((line, index) => ({ index, isBad: line.includes('"event":"bad"') }))
      .filter(({ index, isBad }) => !isBad && !superseded.includes(index))
      .map(({ index }) => `${tag}${index}`)
      .sort();
    const message = { ...deliver(run), date };
    requests.push(Array.from({ length: 1 + random.below(2) }, () => message));
  }
  return {
    random,
    date,
    where: `seed ${seed}`,
    requests,
    sizes: { fileBytes: 150 + random.below(600), maxUploads: 1 + random.below(4) },
    expected,
  };
}

/**
 * Two hundred windows in half a minute would have to wait for their turns, and no time passes here in which these come;
 * what the budget does is tested by its own clock, in load-window-budget.
 */
const boundless = {
  reserveBatch: async () => {},
  reserveBytes: async () => {},
  addBytes: async () => {},
};

const routes = ['ims', 'create', 'put', 'complete', 'abort', 'revert', 'catalog', 'export'] as const;

function addFaults({ random }: Scenario): void {
  for (let left = random.below(5); left > 0; left -= 1) {
    world.platform.addFault({
      route: random.pick(routes),
      kind: random.pick(['reset', 'reset', '500', '503', '429', '401013']),
      when: random.pick(['before', 'after']),
      skip: random.below(4),
      times: 1 + random.below(2),
    });
  }
  if (random.chance(0.3))
    world.platform.addFault({ outcome: random.pick(['retrying', 'failed', 'stalled']) });
}

/** A function that may die at one of its calls, before it or after it has acted, or run out of time there. */
function unlucky({ random, sizes }: Scenario) {
  const crash = createCrash({ at: random.below(14), when: random.pick(['before', 'after']) });
  const deadline = new AbortController();
  const isUnlucky = random.chance(0.25);
  const isLate = random.chance(0.15);
  const { store, ledgers, batches, loadQueue } = world.deps;
  let files = random.below(3);
  const late = {
    ...batches,
    putFile: async (...args: Parameters<typeof batches.putFile>) => {
      if (isLate && files === 0) {
        deadline.abort();
        throw new Error('aborted');
      }
      files -= 1;
      return batches.putFile(...args);
    },
  };
  const mortal = {
    store: crash.guard(store),
    ledgers: crash.guard(ledgers),
    batches: crash.guard(late),
    loadQueue: crash.guard(loadQueue),
  };
  return {
    with: { sizes, budget: boundless, ...(isUnlucky ? mortal : { batches: late }) },
    signal: deadline.signal,
    lastReceive: random.chance(0.04),
  };
}

function isConfirm(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'type' in body && body.type === 'confirm';
}

interface Waiting {
  readonly body: unknown;
  readonly receiveCount: number;
}

/** A process may die while it gives a message up, too: then the message comes again. */
async function receive({ body, receiveCount }: Waiting, scenario: Scenario): Promise<Fate> {
  try {
    return await world.receive(body, { ...unlucky(scenario), receiveCount });
  } catch {
    return 'retried';
  }
}

/** As export-window does once a run is complete: its ledger first, then what asks for its delivery. */
async function exportNext({ date, requests }: Scenario): Promise<Waiting[]> {
  const next = requests.shift() ?? [];
  const run = next[0]?.run ?? '';
  const exported = { run, request: `request of ${run}`, at: new Date().toISOString() };
  await world.deps.ledgers.update({ ...window, date }, (ledger) => ({
    ...ledger,
    state: 'exported',
    exported,
  }));
  return next.map((body) => ({ body, receiveCount: 1 }));
}

/** Handles messages in any order, one or two at once, until none is left; dead letters are sent back. */
async function drain(scenario: Scenario): Promise<void> {
  const { random, requests } = scenario;
  let waiting: Waiting[] = [];
  for (let step = 0; waiting.length > 0 || requests.length > 0; step += 1) {
    if (step > maxSteps) throw new Error(`${scenario.where}: the queue does not run dry`);
    if (requests.length > 0 && (waiting.length === 0 || random.chance(0.3)))
      waiting.push(...(await exportNext(scenario)));
    if (random.chance(0.2)) waiting = random.shuffled(waiting);
    const taken = waiting.splice(0, random.chance(0.4) ? 2 : 1);
    // Copies of a message that asks again would ask by twos, fours, eights while Platform is still at it.
    if (taken.some(({ body }) => isConfirm(body))) await world.platform.idle();
    const fates = await Promise.all(taken.map((message) => receive(message, scenario)));
    for (const [index, { body, receiveCount }] of taken.entries()) {
      if (fates[index] === 'retried') waiting.push({ body, receiveCount: receiveCount + 1 });
      if (fates[index] === 'deferred') waiting.push({ body, receiveCount: 1 });
    }
    const sent = world.loadQueue.sent.splice(0).map(({ body }) => body);
    const copied = sent.filter((body) => !isConfirm(body) && random.chance(0.2));
    const redriven = world.deadLetters.splice(0).map(({ body }) => JSON.parse(body));
    waiting.push(...[...sent, ...copied, ...redriven].map((body) => ({ body, receiveCount: 1 })));
    if (fates.includes('deferred')) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

describe('windows in which several things go wrong at once', () => {
  it(`hold each record of their newest run exactly once, for ${seeds} seeds`, {
    timeout: 600_000,
  }, async () => {
    const scenarios: Scenario[] = [];
    for (let seed = 1; seed <= seeds; seed += 1) {
      const scenario = await storeScenario(seed);
      addFaults(scenario);
      await drain(scenario);
      scenarios.push(scenario);
    }
    const active = await world.activeEvents();
    for (const [index, { date, where, expected }] of scenarios.entries()) {
      expect(
        active.filter((name) => name.startsWith(`s${index + 1}r`)),
        where,
      ).toEqual(expected);
      const ledger = await world.deps.ledgers.read({ ...window, date });
      expect(['delivered', 'empty', 'unchanged'], where).toContain(ledger.state);
      for (const delivery of ledger.deliveries) {
        const { received, duplicates, filtered, rejected, mapped, accepted, failed } = delivery;
        expect(delivery.completedAt, where).not.toBeNull();
        expect({ received, mapped }, where).toEqual({
          received: duplicates + filtered + rejected + mapped,
          mapped: accepted + failed,
        });
      }
    }
  });
});
