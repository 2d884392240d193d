import { afterEach, describe, expect, it } from 'vitest';
import type { LoadDeps } from '../../functions/load-window/load-deps.ts';
import type { DeliverMessage } from '../../functions/shared/messages.ts';
import { readPropertyReport } from '../../functions/shared/property-report.ts';
import { type CrashingProcess, createCrash, dieAtEveryCall } from '../support/crash.ts';
import {
  createLoadWorld,
  deliver,
  eventLines,
  eventNames,
  type Fate,
  type LoadWorld,
  window,
} from '../support/load-world.ts';

let world: LoadWorld;
afterEach(() => world.close());

function isConfirm(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'type' in body && body.type === 'confirm';
}

/** Handles every message there is, each twice if told so; the process dies once on the way, and is started anew. */
async function drainWithCrash(
  first: DeliverMessage,
  crash: CrashingProcess,
  copies: number,
  changed: Partial<LoadDeps> = {},
) {
  const { store, ledgers, batches, loadQueue } = world.deps;
  const guarded = {
    store: crash.guard(store),
    ledgers: crash.guard(ledgers),
    batches: crash.guard(batches),
    loadQueue: crash.guard(loadQueue),
    ...changed,
  };
  const copiesOf = (body: unknown) => Array.from({ length: copies }, () => ({ body, receiveCount: 1 }));
  const waiting = copiesOf(first);
  for (let step = 0; step < 300; step += 1) {
    const next = waiting.shift();
    if (next === undefined) return;
    // Copies of a message that asks again would ask by twos, fours, eights while Platform is still at it.
    const { body, receiveCount } = next;
    if (isConfirm(body)) await world.platform.idle();
    const fate = await receiveOrDie(next, guarded, crash);
    crash.revive();
    // What waits is sent anew; what failed, or lost its function, is received once more.
    if (fate === 'deferred') waiting.push(next);
    if (fate === 'retried') waiting.push({ body, receiveCount: receiveCount + 1 });
    for (const sent of world.loadQueue.sent.splice(0)) waiting.push(...copiesOf(sent.body));
    if (fate === 'deferred') await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('the queue does not run dry');
}

/** A process may die as well while it gives the message up: the message then comes again, too. */
async function receiveOrDie(
  { body, receiveCount }: { readonly body: unknown; readonly receiveCount: number },
  guarded: Partial<LoadDeps>,
  crash: CrashingProcess,
): Promise<Fate> {
  try {
    return await world.receive(body, { with: guarded, receiveCount });
  } catch (error) {
    if (crash.isDead()) return 'retried';
    throw error;
  }
}

/** Delivers one run in place of another, dying at the nth call. @returns whether there was an nth call. */
async function replaceWithCrash(at: number, when: 'before' | 'after', copies: number): Promise<boolean> {
  world = await createLoadWorld({ platform: { processingMs: 1 } });
  await world.storeRun('r1', eventLines(6, 'old'), 3);
  await world.drain(deliver('r1'));
  await world.storeRun('r2', eventLines(6, 'new'), 3);
  const crash = createCrash({ at, when });
  await drainWithCrash(deliver('r2'), crash, copies);
  const where = `dying ${when} call ${at}, ${copies} copies of each message`;
  expect(await world.activeEvents(), where).toEqual(eventNames(6, 'new'));
  const { state, deliveries } = await world.ledger();
  expect({ state, run: deliveries[0]?.run, accepted: deliveries[0]?.accepted }, where).toEqual({
    state: 'delivered',
    run: 'r2',
    accepted: 6,
  });
  expect(await readPropertyReport(world.store, { ...window, run: 'r2' }), where).toMatchObject({
    records: 6,
  });
  expect(world.deadLetters, where).toEqual([]);
  return crash.fired();
}

describe('a process that dies while it delivers', () => {
  it.each([
    ['before', 1],
    ['after', 1],
    ['before', 2],
    ['after', 2],
  ] as const)(
    '%s any one of its calls, with %i copies of each message, leaves each row once',
    async (when, copies) => {
      const at = await dieAtEveryCall(
        (at) => replaceWithCrash(at, when, copies),
        () => world.close(),
      );
      // A delivery of two parts makes some thirty calls; far fewer would mean that the crash was not injected.
      expect(at).toBeGreaterThan(25);
    },
  );
});

/** Replaces a run by one that is too large for a batch, dying at the nth call. @returns whether there was an nth call. */
async function refuseWithCrash(at: number, when: 'before' | 'after', copies: number): Promise<boolean> {
  world = await createLoadWorld({ platform: { processingMs: 1 } });
  await world.storeRun('r1', eventLines(4, 'old'));
  await world.drain(deliver('r1'));
  // The second of its parts is too much; the third alone would not be.
  const lines = [...eventLines(2, 'new'), ...eventLines(2, 'n'.repeat(300)), ...eventLines(2, 'newer')];
  await world.storeRun('r2', lines, 2);
  const crash = createCrash({ at, when });
  const maxBatchSize = { files: 9, bytes: 700 };
  await drainWithCrash(deliver('r2'), crash, copies, { maxBatchSize });
  const where = `dying ${when} call ${at}, ${copies} copies of each message`;
  expect(await world.activeEvents(), where).toEqual(eventNames(4, 'old'));
  const { state, error, deliveries } = await world.ledger();
  expect({ state, error }, where).toEqual({
    state: 'failed',
    error: expect.stringContaining('a batch may have 9 and 700'),
  });
  // A deliver message that comes again after all of this asks for another delivery, which ends in the same way.
  for (const { run, batchId, accepted, error: why } of deliveries.slice(0, -1)) {
    expect({ run, accepted, why }, where).toEqual({ run: 'r2', accepted: 0, why: error });
    expect(await world.deps.batches.get(batchId ?? ''), where).toMatchObject({ phase: 'withdrawn' });
  }
  // A death between the dead letter and the end of its message makes a second one of the same words.
  expect(new Set(world.deadLetters.map(({ reason }) => reason)), where).toEqual(new Set([error]));
  return crash.fired();
}

describe('a process that dies while it delivers a window that is too large for a batch', () => {
  it.each([
    ['before', 1],
    ['after', 2],
  ] as const)(
    '%s any one of its calls, with %i copies of each message, leaves the earlier rows, and a dead letter with the reason',
    async (when, copies) => {
      const at = await dieAtEveryCall(
        (at) => refuseWithCrash(at, when, copies),
        () => world.close(),
      );
      expect(at).toBeGreaterThan(25);
    },
  );
});

/** Far beyond the day after which a person should look. */
const twoDaysMs = 48 * 3600_000;

/** A Platform that is at a batch for days: so many times it says that it is ingesting what it has taken in. */
function slowPlatform(asked: number): Pick<LoadDeps, 'batches' | 'clock'> {
  const { batches } = world.deps;
  let left = asked;
  let isCompleted = false;
  return {
    clock: () => Date.now() + (isCompleted ? twoDaysMs : 0),
    batches: {
      ...batches,
      complete: async (id) => {
        await batches.complete(id);
        isCompleted = true;
      },
      get: async (id) => {
        const report = await batches.get(id);
        if (!isCompleted || report === undefined || left === 0) return report;
        left -= 1;
        return { ...report, status: 'retrying', phase: 'ingesting' };
      },
    },
  };
}

/** Delivers a run that Platform takes in after days, dying at the nth call. @returns whether there was an nth call. */
async function waitWithCrash(at: number, when: 'before' | 'after'): Promise<boolean> {
  world = await createLoadWorld({ platform: { processingMs: 1 } });
  await world.storeRun('r1', eventLines(4));
  const crash = createCrash({ at, when });
  const { batches, clock } = slowPlatform(4);
  await drainWithCrash(deliver('r1'), crash, 1, { batches: crash.guard(batches), clock });
  const where = `dying ${when} call ${at}`;
  expect(await world.activeEvents(), where).toEqual(eventNames(4));
  expect(await world.ledger(), where).toMatchObject({ state: 'delivered', deliveries: [{ accepted: 4 }] });
  // A crash between what asks on and the record of the alarm leaves two that may give it.
  const told = world.deadLetters.map(({ code }) => code);
  expect(new Set(told), where).toEqual(new Set(['batch_stalled']));
  expect(told.length, where).toBeLessThanOrEqual(crash.fired() ? 2 : 1);
  return crash.fired();
}

describe('a process that dies while Platform does not decide on a batch', () => {
  it.each(['before', 'after'] as const)(
    '%s any one of its calls, tells of it and delivers in the end',
    async (when) => {
      const at = await dieAtEveryCall(
        (at) => waitWithCrash(at, when),
        () => world.close(),
      );
      expect(at).toBeGreaterThan(25);
    },
  );
});

describe('a batch that Platform does not decide on within a day', () => {
  const confirms = () => world.loadQueue.sent.splice(0);

  it('has one dead letter, and is asked about every quarter of an hour until Platform decides', async () => {
    world = await createLoadWorld();
    world.platform.addFault({ outcome: 'stalled' });
    await world.storeRun('r1', eventLines(3));
    const slow = slowPlatform(20);
    await world.receive(deliver('r1'), { with: slow });
    const [first] = confirms();
    await world.platform.idle();
    expect(await world.receive(first?.body, { with: slow })).toBe('given up');
    expect(world.deadLetters).toMatchObject([{ code: 'batch_stalled' }]);
    expect(await world.ledger()).toMatchObject({ state: 'failed', deliveries: [{ completedAt: null }] });
    // A copy of the message that told of it has nothing to tell.
    expect(await world.receive(first?.body, { with: slow })).toBe('done');
    for (let poll = 1; poll < 19; poll += 1) {
      const [next, ...others] = confirms();
      expect([next?.delaySeconds, others]).toEqual([900, []]);
      expect(await world.receive(next?.body, { with: slow, receiveCount: 2 })).toBe('done');
    }
    expect(world.deadLetters).toHaveLength(1);
    // Platform gives it up: that is told as ever, and sent back, the run is delivered once.
    const [last] = confirms();
    expect(await world.receive(last?.body, { with: slow })).toBe('given up');
    expect(confirms()).toEqual([]);
    expect(world.deadLetters.map(({ code }) => code)).toEqual(['batch_stalled', 'batch_failed']);
    for (const { body } of world.deadLetters.splice(0)) await world.drain(JSON.parse(body), slow);
    expect(world.deadLetters).toEqual([]);
    expect(await world.activeEvents()).toEqual(eventNames(3));
    expect(world.metrics.counted.filter((name) => name === 'WindowsDelivered')).toHaveLength(1);
  });

  it('is told of once, also where its dead letter is sent back before Platform has decided', async () => {
    world = await createLoadWorld();
    await world.storeRun('r1', eventLines(3));
    const slow = slowPlatform(9);
    await world.receive(deliver('r1'), { with: slow });
    const [first] = confirms();
    await world.receive(first?.body, { with: slow });
    // What asks on is lost where Catalog gives no answer for so long that it is given up.
    expect(confirms()).toHaveLength(1);
    const [letter] = world.deadLetters;
    await world.drain(JSON.parse(letter?.body ?? ''), slow);
    expect(world.deadLetters).toHaveLength(1);
    expect(await world.activeEvents()).toEqual(eventNames(3));
    const { state, deliveries } = await world.ledger();
    expect([state, deliveries.length]).toEqual(['delivered', 1]);
    expect(world.metrics.counted).toEqual(['WindowsDelivered']);
  });
});

describe('a process that dies while it gives a message up', () => {
  it('leaves the dead letter to the next receive of the message, although its delivery is closed', async () => {
    world = await createLoadWorld();
    world.platform.addFault({ outcome: 'failed' });
    await world.storeRun('r1', eventLines(3));
    await world.receive(deliver('r1'));
    const [confirm] = world.loadQueue.sent.splice(0);
    await world.platform.idle();
    expect(await world.receive(confirm?.body)).toBe('given up');
    // The delivery is closed, the dead letter was not sent.
    world.deadLetters.splice(0);
    expect(await world.receive(confirm?.body, { receiveCount: 2 })).toBe('given up');
    expect(world.deadLetters).toMatchObject([
      { code: 'batch_failed', reason: expect.stringContaining('INGEST') },
    ]);
    // A copy that comes for the first time has nothing to tell.
    expect(await world.receive(confirm?.body)).toBe('done');
  });
});

describe('runs of one window that come out of order', () => {
  it('ends with the newest, whichever message is handled first', async () => {
    world = await createLoadWorld();
    await world.storeRun('r1', eventLines(5, 'old'));
    await world.storeRun('r2', eventLines(5, 'new'));
    await world.drain(deliver('r2'));
    await world.drain(deliver('r1'));
    expect(await world.activeEvents()).toEqual(eventNames(5, 'new'));
  });

  it('ends with the newest when an older one is half uploaded', async () => {
    world = await createLoadWorld();
    await world.storeRun('r1', eventLines(6, 'old'), 3);
    await world.storeRun('r2', eventLines(6, 'new'), 3);
    await world.receive(deliver('r1'));
    const [first, second] = world.loadQueue.sent.splice(0);
    await world.receive(first?.body);
    await world.drain(deliver('r2'));
    await world.receive(second?.body);
    await world.drain();
    expect(await world.activeEvents()).toEqual(eventNames(6, 'new'));
    expect(world.deadLetters).toEqual([]);
  });

  it('replaces an older one that is being ingested, once that has ended', async () => {
    world = await createLoadWorld({ platform: { processingMs: 60 } });
    await world.storeRun('r1', eventLines(5, 'old'));
    await world.storeRun('r2', eventLines(5, 'new'));
    await world.receive(deliver('r1'));
    expect(await world.receive(deliver('r2'))).toBe('deferred');
    await world.drain(deliver('r2'));
    expect(await world.activeEvents()).toEqual(eventNames(5, 'new'));
    expect(await world.ledger()).toMatchObject({
      deliveries: [{ run: 'r2', replaces: [expect.any(String)] }, { run: 'r1' }],
    });
  });
});

describe('a mapping deployed in the middle of a delivery', () => {
  it('gives the begun batch up and delivers all of the run with the new mapping', async () => {
    world = await createLoadWorld();
    await world.storeRun('r1', eventLines(6), 3);
    await world.receive(deliver('r1'));
    const [first, second] = world.loadQueue.sent.splice(0);
    await world.receive(first?.body);
    await world.receive(second?.body, { with: { mappingHash: 'mapping-2' } });
    await world.drain(undefined, { mappingHash: 'mapping-2' });
    expect(await world.activeEvents()).toEqual(eventNames(6));
    const { state, mappingHash, deliveries } = await world.ledger();
    expect({ state, mappingHash }).toEqual({ state: 'delivered', mappingHash: deliveries[0]?.mappingHash });
    expect(deliveries[1]).toMatchObject({
      accepted: 0,
      error: 'the mapping was changed during the delivery',
    });
    expect(deliveries[1]?.mappingHash).not.toBe(mappingHash);
  });
});
