import { createDeliveryBudget } from '../../../functions/shared/delivery-budget.ts';
import { dailyWindows, sandboxOf } from '../../../functions/shared/platform/guardrails.ts';
import { createQueryBudget } from '../../../functions/shared/query-budget.ts';
import { maxExports, maxLoads } from '../../../lib/mixpanel-source.ts';
import { createMemoryObjectStore } from '../../support/memory-object-store.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';
import { createVirtualClock } from '../../support/virtual-queue.ts';
import { type Scenario, simulatedSource } from './scenario.ts';
import { createSimulatedQueue, type SimulatedQueue, type Wait } from './simulated-queue.ts';
import { type DayCounts, planDay, type SimulatedSource } from './simulated-source.ts';

/** What a day comes to. */
export interface SimulatedDay extends Omit<DayCounts, 'completedMs'> {
  readonly scenario: Scenario;
  /** Invocations that did something. */
  readonly invocations: { readonly plan: number; readonly export: number; readonly load: number };
  /** Invocations that only found that it is too early. */
  readonly waits: number;
  /** The most functions that were at work at once. */
  readonly concurrency: number;
  /** Until the newest window of every source is uploaded; undefined if that was not so within the scenario's hours. */
  readonly newestHours: number | undefined;
  /** Until all windows were, with those of the look-back; undefined if they were not within the scenario's hours. */
  readonly allHours: number | undefined;
  /** What the newest windows waited for, in hours in which at least one of their messages did, longest first. */
  readonly waited: readonly { readonly reason: string; readonly hours: number }[];
}

const startMs = Date.UTC(2026, 2, 9, 3, 30);
const hourMs = 3_600_000;

/**
 * Plays a day by a clock of its own: the schedule asks for its windows, functions take messages as many at once as is
 * deployed, and windows are cut, divided into uploads and held back by the product's own code. Only the work itself is
 * replaced, by the time that it takes.
 */
export async function simulateDay(scenario: Scenario): Promise<SimulatedDay> {
  const clock = createVirtualClock(startMs);
  const waits: Wait[] = [];
  const counts: DayCounts = {
    queries: 0,
    slices: 0,
    parts: 0,
    uploads: 0,
    files: 0,
    batches: 0,
    completedMs: [],
    givenUp: [],
  };
  const sources = openSources(scenario, { clock: clock.now, counts, onWait: (wait) => waits.push(wait) });
  for (const source of sources) planDay(source, scenario.lookbackDays);
  const queues = sources.flatMap(({ windowQueue, loadQueue }) => [windowQueue, loadQueue]);
  const concurrency = await runDry(queues, clock, startMs + scenario.maxHours * hourMs);
  const { completedMs, ...counted } = counts;
  const all = queues.every((queue) => queue.nextMs() === undefined);
  return {
    ...counted,
    scenario,
    invocations: {
      plan: sources.length,
      export: sum(sources, ({ windowQueue }) => windowQueue.counts.work),
      load: sum(sources, ({ loadQueue }) => loadQueue.counts.work),
    },
    waits: sum(queues, (queue) => queue.counts.waits),
    concurrency,
    newestHours: hoursUntil(
      completedMs.filter(({ window }) => window === 0),
      sources.length,
    ),
    allHours: all ? hoursUntil(completedMs, sources.length * (scenario.changedWindows + 1)) : undefined,
    waited: waitedFor(waits.filter(({ window }) => window === 0)),
  };
}

interface World {
  readonly clock: () => number;
  readonly counts: DayCounts;
  readonly onWait: (wait: Wait) => void;
}

/** Sources of one project and one sandbox: they share both budgets. */
function openSources(scenario: Scenario, { clock, counts, onWait }: World): SimulatedSource[] {
  const store = createMemoryObjectStore();
  const seeded = createSeededRandom(1);
  const random = () => seeded.below(1_000_000) / 1_000_000;
  const all = Array.from({ length: scenario.sources }, (_, number) => simulatedSource(number));
  return all.map((settings) => {
    const { mixpanel, platform, schedule } = settings;
    const dailyReserve = schedule.lookbackDays + 1;
    const queue = (name: string, concurrency: number) =>
      createSimulatedQueue({ clock, random, concurrency, name, onWait });
    return {
      id: settings.id,
      scenario,
      clock,
      counts,
      queries: createQueryBudget(store, { ...mixpanel, dailyReserve, clock, random }),
      deliveries: createDeliveryBudget(store, {
        sandbox: sandboxOf(settings),
        dailyBatchBudget: platform.dailyBatchBudget,
        dailyReserve: dailyWindows(all, settings),
        clock,
        random,
      }),
      windowQueue: queue('free_export_function', maxExports),
      loadQueue: queue('free_load_function', maxLoads),
    };
  });
}

/** @returns the most functions that were at work at once. */
async function runDry(
  queues: readonly SimulatedQueue[],
  clock: ReturnType<typeof createVirtualClock>,
  untilMs: number,
): Promise<number> {
  let concurrency = 0;
  for (;;) {
    for (const queue of queues) await queue.advance();
    concurrency = Math.max(
      concurrency,
      sum(queues, ({ busy }) => busy),
    );
    const next = Math.min(...queues.map((queue) => queue.nextMs() ?? Number.POSITIVE_INFINITY));
    if (next > untilMs) return concurrency;
    clock.advance(next - clock.now());
  }
}

function hoursUntil(completed: DayCounts['completedMs'], expected: number): number | undefined {
  if (completed.length < expected) return undefined;
  return (Math.max(...completed.map(({ atMs }) => atMs)) - startMs) / hourMs;
}

/** Waits at the same time count once. */
function waitedFor(waits: readonly Wait[]): SimulatedDay['waited'] {
  const reasons = [...new Set(waits.map(({ reason }) => reason))];
  return reasons
    .map((reason) => ({ reason, hours: covered(waits.filter((wait) => wait.reason === reason)) / hourMs }))
    .toSorted((one, other) => other.hours - one.hours);
}

function covered(waits: readonly Wait[]): number {
  let [total, end] = [0, 0];
  for (const { fromMs, toMs } of waits.toSorted((one, other) => one.fromMs - other.fromMs)) {
    total += Math.max(0, toMs - Math.max(fromMs, end));
    end = Math.max(end, toMs);
  }
  return total;
}

function sum<Value>(values: readonly Value[], of: (value: Value) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}
