import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type CompileOptions,
  compileMapping,
  parseMappingSet,
} from '../../functions/shared/mapping/index.ts';
import { rejectedKey } from '../../functions/shared/object-keys.ts';
import {
  createLoadWorld,
  deliver,
  eventLines,
  eventNames,
  type LoadWorld,
  mappingRejecting,
  window,
} from '../support/load-world.ts';

const rules = parseMappingSet(
  JSON.stringify([
    { sourceType: 'ATTRIBUTE', source: 'connector.id', destination: '_id' },
    { sourceType: 'ATTRIBUTE', source: 'connector.timestamp', destination: 'timestamp' },
    { sourceType: 'ATTRIBUTE', source: 'event', destination: 'eventType' },
  ]),
);
const mappingOf = (options: CompileOptions) => compileMapping(rules, options);

/** As the mapping of the world, with no event rejected. */
const mendedMapping = { mapping: mappingRejecting(undefined), mappingHash: 'mapping-2' };

let world: LoadWorld;
afterEach(() => world.close());

describe('loading a window', () => {
  it('delivers each line once and confirms it against Platform’s own counts', async () => {
    world = await createLoadWorld();
    await world.storeRun('r1', eventLines(50), 20);
    await world.drain(deliver('r1'));
    expect(await world.activeEvents()).toEqual(eventNames(50));
    const ledger = await world.ledger();
    expect(ledger).toMatchObject({ state: 'delivered', error: null });
    expect(ledger.deliveries).toMatchObject([
      { run: 'r1', received: 50, mapped: 50, accepted: 50, failed: 0, rejected: 0, replaces: [] },
    ]);
    expect(ledger.activeBatch).toBe(ledger.deliveries[0]?.batchId);
  });

  it('replaces what was delivered, so that three replays leave one active batch with the newest rows', async () => {
    world = await createLoadWorld();
    for (const run of ['r1', 'r2', 'r3', 'r4']) {
      await world.storeRun(run, eventLines(10, run));
      await world.drain(deliver(run));
    }
    expect(await world.activeEvents()).toEqual(eventNames(10, 'r4'));
    const { deliveries } = await world.ledger();
    expect(deliveries.map(({ replaces }) => replaces)).toEqual([
      ...deliveries.slice(1).map(({ batchId }) => [batchId]),
      [],
    ]);
  });

  it('sends nothing for a run that is the one delivered, and everything after a mapping change', async () => {
    world = await createLoadWorld();
    await world.storeRun('r1', eventLines(10));
    await world.storeRun('r2', eventLines(10).reverse());
    await world.drain(deliver('r1'));
    await world.drain(deliver('r2'));
    expect(await world.ledger()).toMatchObject({ state: 'unchanged', deliveries: [{ run: 'r1' }] });
    await world.drain(deliver('r2', 'reload'), { mappingHash: 'mapping-2' });
    expect(await world.ledger()).toMatchObject({
      state: 'delivered',
      deliveries: [{ run: 'r2' }, { run: 'r1' }],
    });
    expect(await world.activeEvents()).toEqual(eventNames(10));
  });

  it.each([
    ['times are read otherwise', { timestamps: 'project', timezone: 'US/Pacific' }, {}],
    ['the dataset no longer feeds Profile', {}, { profile: false }],
  ] as const)('delivers the same lines again when %s', async (_, time, platform) => {
    world = await createLoadWorld();
    await world.storeRun('r1', eventLines(3));
    await world.drain(deliver('r1'));
    await world.storeRun('r2', eventLines(3), 1000, time);
    const settings = { ...world.deps.settings, platform: { ...world.deps.settings.platform, ...platform } };
    await world.drain(deliver('r2'), { settings });
    expect(await world.ledger()).toMatchObject({
      state: 'delivered',
      deliveries: [{ run: 'r2' }, { run: 'r1' }],
    });
    expect(await world.activeEvents()).toEqual(eventNames(3));
  });

  it('takes back what was delivered for a window that has become empty', async () => {
    world = await createLoadWorld();
    await world.storeRun('r1', eventLines(10));
    await world.storeRun('r2', []);
    await world.drain(deliver('r1'));
    await world.drain(deliver('r2'));
    expect(await world.activeEvents()).toEqual([]);
    expect(await world.ledger()).toMatchObject({ state: 'empty', activeBatch: null });
    await world.storeRun('r3', eventLines(3));
    await world.drain(deliver('r3'));
    expect(await world.activeEvents()).toEqual(eventNames(3));
  });

  it('says that an empty window is empty without asking Platform for a batch', async () => {
    world = await createLoadWorld();
    await world.storeRun('r1', []);
    await world.drain(deliver('r1'));
    expect(await world.ledger()).toMatchObject({ state: 'empty', deliveries: [] });
  });

  it('keeps rejected records with reason and path beside the archive, byte for byte', async () => {
    world = await createLoadWorld();
    const bad = '{"event":"bad","properties":{"time":1772964000,"n":1.0}}';
    await world.storeRun('r1', [...eventLines(99), bad]);
    await world.drain(deliver('r1'));
    expect(await world.ledger()).toMatchObject({
      state: 'delivered',
      deliveries: [{ received: 100, rejected: 1, mapped: 99, accepted: 99 }],
    });
    const stored = world.store.objects.get(rejectedKey({ ...window, run: 'r1' }, 0));
    expect(gunzipSync(stored ?? Buffer.alloc(0)).toString()).toBe(
      `{"reason":"it is bad","path":"eventType","record":${bad}}\n`,
    );
  });

  it('stops a window with too many rejected records before anything becomes visible', async () => {
    world = await createLoadWorld();
    await world.storeRun('r1', eventLines(10));
    await world.drain(deliver('r1'));
    await world.storeRun('r2', [...eventLines(9, 'new'), '{"event":"bad","properties":{"time":1772964000}}']);
    await world.drain(deliver('r2'));
    expect(await world.activeEvents()).toEqual(eventNames(10));
    const ledger = await world.ledger();
    expect(ledger.state).toBe('rejected');
    expect(ledger.error).toContain('1 of 10 records rejected (10.0 %, allowed are 5 %)');
    expect(ledger.activeBatch).toBe(ledger.deliveries[1]?.batchId);
    expect(world.metrics.counted).toEqual(['WindowsDelivered', 'WindowsRejected']);
    expect(world.deadLetters).toEqual([]);
  });

  it('delivers such a window by one reload after the mapping was mended', async () => {
    world = await createLoadWorld();
    await world.storeRun('r1', [...eventLines(9), '{"event":"bad","properties":{"time":1772964000}}']);
    await world.drain(deliver('r1'));
    expect(await world.ledger()).toMatchObject({ state: 'rejected', activeBatch: null });
    await world.drain({ ...deliver('r1', 'reload'), reload: true }, mendedMapping);
    expect(await world.ledger()).toMatchObject({ state: 'delivered', deliveries: [{ mapped: 10 }, {}] });
    expect(await world.activeEvents()).toEqual(['bad', ...eventNames(9)].sort());
  });

  it('rejects events that Profile would drop, and only where the dataset feeds Profile', async () => {
    const large = { event: 'x'.repeat(11_000), properties: { time: 1_772_964_000 } };
    world = await createLoadWorld();
    await world.storeRun('r1', [...eventLines(99), JSON.stringify(large)]);
    await world.drain(deliver('r1'), { mapping: mappingOf({ profile: true }) });
    expect(await world.ledger()).toMatchObject({ deliveries: [{ rejected: 1, accepted: 99 }] });
    await world.close();
    world = await createLoadWorld({ source: { profile: false } });
    await world.storeRun('r1', [...eventLines(99), JSON.stringify(large)]);
    await world.drain(deliver('r1'), { mapping: mappingOf({ profile: false }) });
    expect(await world.ledger()).toMatchObject({ deliveries: [{ rejected: 0, accepted: 100 }] });
  });

  it.each(['upload', 'confirm'] as const)(
    'does nothing for a message to %s that names another run than its delivery',
    async (type) => {
      world = await createLoadWorld();
      await world.storeRun('r1', eventLines(2, 'old'));
      await world.storeRun('r2', eventLines(3, 'new'), 1);
      await world.receive(deliver('r2'));
      const { id: delivery = '' } = (await world.ledger()).deliveries[0] ?? {};
      const forged = { version: 1, type, date: window.date, run: 'r1', delivery, parts: [0], poll: 0 };
      const before = [...world.store.objects.keys()];
      expect(await world.receive(forged)).toBe('done');
      expect([...world.store.objects.keys()]).toEqual(before);
      expect(world.log.entries.at(-1)).toMatchObject({
        message: 'Load:Delivery:Closed',
        fields: { run: 'r1' },
      });
      await world.drain();
      expect(await world.activeEvents()).toEqual(eventNames(3, 'new'));
    },
  );

  it('does not deliver a part that is not what its manifest says', async () => {
    world = await createLoadWorld();
    const manifest = await world.storeRun('r1', eventLines(10));
    const key = manifest.parts[0]?.key ?? '';
    await world.storeRun('other', eventLines(9));
    const wrong = world.store.objects.get(key.replace('run=r1', 'run=other')) ?? Buffer.alloc(0);
    await world.store.put(key, wrong);
    await world.drain(deliver('r1'));
    expect(world.deadLetters).toMatchObject([{ code: 'part_damaged' }]);
    expect(await world.ledger()).toMatchObject({ state: 'failed', activeBatch: null });
    expect(await world.activeEvents()).toEqual([]);
  });
});

describe('what Platform decides', () => {
  it.each(['failed', 'stalled'] as const)(
    'gives up a batch that Platform ends as %s, and delivers on redrive',
    async (outcome) => {
      world = await createLoadWorld();
      world.platform.addFault({ outcome });
      await world.storeRun('r1', eventLines(10));
      await world.drain(deliver('r1'));
      expect(await world.ledger()).toMatchObject({ state: 'failed', activeBatch: null });
      expect(world.deadLetters).toMatchObject([{ code: 'batch_failed' }]);
      await world.drain(JSON.parse(world.deadLetters[0]?.body ?? ''));
      expect(await world.activeEvents()).toEqual(eventNames(10));
      expect(await world.ledger()).toMatchObject({ state: 'delivered' });
    },
  );

  it('waits while Platform retries', async () => {
    world = await createLoadWorld();
    world.platform.addFault({ outcome: 'retrying' });
    await world.storeRun('r1', eventLines(10));
    await world.drain(deliver('r1'));
    expect(await world.ledger()).toMatchObject({ state: 'delivered', deliveries: [{ accepted: 10 }] });
  });

  it('counts rows that Platform itself refused as failed', async () => {
    world = await createLoadWorld();
    world.platform.addFault({ outcome: 'partial', rows: 1 });
    await world.storeRun('r1', eventLines(100));
    await world.drain(deliver('r1'));
    expect(await world.ledger()).toMatchObject({
      state: 'delivered',
      deliveries: [{ mapped: 100, accepted: 99, failed: 1 }],
    });
    expect(world.metrics.counted).toEqual(['WindowsDelivered']);
  });

  it('counts its refusals and ours together against what is allowed, and replaces the batch on reload', async () => {
    world = await createLoadWorld();
    // Three of a hundred are rejected by us and three refused by Platform: each less than five, together more.
    world.platform.addFault({ outcome: 'partial', rows: 3 });
    const bad = Array.from({ length: 3 }, (_, n) => `{"event":"bad","properties":{"time":177296400${n}}}`);
    await world.storeRun('r1', [...eventLines(97), ...bad]);
    await world.drain(deliver('r1'));
    const ledger = await world.ledger();
    expect(ledger).toMatchObject({
      state: 'rejected',
      error: expect.stringContaining(
        '6 of 100 records rejected, 3 of them by Platform (6.0 %, allowed are 5 %)',
      ),
      activeContentHash: null,
      deliveries: [{ rejected: 3, mapped: 97, accepted: 94, failed: 3 }],
    });
    expect(ledger.activeBatch).toBe(ledger.deliveries[0]?.batchId);
    expect(world.metrics.counted).toEqual(['WindowsRejected']);
    await world.drain({ ...deliver('r1', 'reload'), reload: true }, mendedMapping);
    expect(await world.ledger()).toMatchObject({ state: 'delivered', deliveries: [{ accepted: 100 }, {}] });
    expect(await world.activeEvents()).toEqual(['bad', 'bad', 'bad', ...eventNames(97)].sort());
  });
});

describe('counts of Platform’s that do not account for every row sent', () => {
  it.each([
    ['fewer', -1],
    ['more', 1],
  ])('keep a window from being delivered: %s were accepted', async (_, difference) => {
    world = await createLoadWorld();
    await world.storeRun('r1', eventLines(5));
    const { batches } = world.deps;
    const miscounting = {
      ...batches,
      get: async (id: string) => {
        const report = await batches.get(id);
        return report?.accepted === undefined
          ? report
          : { ...report, accepted: report.accepted + difference };
      },
    };
    await world.drain(deliver('r1'), { batches: miscounting });
    const ledger = await world.ledger();
    // Its rows are active: the next delivery must replace it, whatever its content.
    expect(ledger).toMatchObject({
      state: 'failed',
      activeBatch: expect.any(String),
      activeContentHash: null,
    });
    expect(world.deadLetters.map(({ code }) => code)).toEqual(['counts_differ']);
    await world.storeRun('r2', eventLines(5));
    await world.drain(deliver('r2'));
    expect(await world.ledger()).toMatchObject({ state: 'delivered' });
    expect(await world.activeEvents()).toEqual(eventNames(5));
  });
});
