import { afterEach, describe, expect, it } from 'vitest';
import { RetryableError } from '../../functions/shared/errors.ts';
import { partNameOfKey, propertyReportKey, runOfManifestKey } from '../../functions/shared/object-keys.ts';
import { newestPropertyReport, readPropertyReport } from '../../functions/shared/property-report.ts';
import { createLoadWorld, deliver, type LoadWorld, window } from '../support/load-world.ts';

let world: LoadWorld;
afterEach(() => world.close());

const earlier = '2026-03-07';
const always = { time: 1_772_964_000, distinct_id: 'u' };

function linesWith(...events: readonly Record<string, unknown>[]): string[] {
  return events.map((properties, index) =>
    JSON.stringify({ event: 'e', properties: { ...always, $insert_id: `i${index}`, ...properties } }),
  );
}

/** Exports and delivers one run: its lines in parts of two. */
async function load(run: string, date: string, lines: readonly string[]): Promise<void> {
  await world.storeRun(run, lines, 2, { date });
  await world.drain({ ...deliver(run), date });
}

function reportOf(run: string, date = window.date) {
  return readPropertyReport(world.store, { ...window, date, run });
}

describe('the properties of a run', () => {
  it('stand beside its manifest, counted over all parts, and hold no value', async () => {
    world = await createLoadWorld();
    await load(
      'r1',
      window.date,
      linesWith({ plan: 'secret' }, { plan: null }, { plan: 'secret', cart: {} }),
    );
    expect(await reportOf('r1')).toEqual({
      version: 1,
      ...window,
      run: 'r1',
      records: 3,
      properties: [
        { name: '$insert_id', types: { string: 3 } },
        { name: 'cart', types: { object: 1 } },
        { name: 'distinct_id', types: { string: 3 } },
        { name: 'plan', types: { string: 2, null: 1 } },
        { name: 'time', types: { number: 3 } },
      ],
      unlisted: 0,
      drift: null,
    });
    const key = propertyReportKey({ ...window, run: 'r1' });
    expect(key).toBe('raw/source=shop/date=2026-03-08/run=r1/properties.json');
    expect([partNameOfKey(key), runOfManifestKey(key)]).toEqual([undefined, undefined]);
    expect(world.store.objects.get(key)?.toString()).not.toContain('secret');
  });

  it('are compared with those of the window before: one that appeared, one that vanished, one of another type', async () => {
    world = await createLoadWorld();
    await load('r1', earlier, linesWith({ plan: 'pro', price: 1, old: 1 }, { plan: 'pro', price: 2 }, {}));
    await load('r2', window.date, linesWith({ plan: 'pro', price: '1' }, { price: '2' }, { fresh: true }));
    expect((await reportOf('r2'))?.drift).toEqual({
      since: { date: earlier, run: 'r1' },
      appeared: ['fresh'],
      vanished: ['old'],
      changed: [{ name: 'price', from: ['number'], to: ['string'] }],
    });
    expect(world.log.entries.filter(({ message }) => message === 'Load:Properties:Compared')).toEqual([
      {
        level: 'info',
        message: 'Load:Properties:Compared',
        fields: {
          window: window.date,
          run: 'r2',
          appeared: 1,
          vanished: 1,
          changed: 1,
          appearedNames: ['fresh'],
          vanishedNames: ['old'],
          changedNames: ['price: number to string'],
        },
      },
    ]);
  });

  it('are compared with the newest run of the window before, over windows without events', async () => {
    world = await createLoadWorld();
    await load('r1', '2026-03-05', linesWith({ a: 1 }));
    await load('r2', '2026-03-05', linesWith({ a: 1, b: 1 }));
    await load('r3', earlier, []);
    await load('r4', window.date, linesWith({ b: 1, c: 1 }));
    expect((await reportOf('r4'))?.drift).toMatchObject({
      since: { date: '2026-03-05', run: 'r2' },
      appeared: ['c'],
      vanished: ['a'],
    });
  });

  it('are the same when a window is exported again, and compared with the window before once more', async () => {
    world = await createLoadWorld();
    await load('r1', earlier, linesWith({ a: 1 }));
    await load('r2', window.date, linesWith({ b: 1 }));
    await load('r3', window.date, linesWith({ b: 1 }, { b: 2 }));
    expect((await reportOf('r3'))?.drift).toEqual((await reportOf('r2'))?.drift);
  });

  it('are reported of a run that is rejected, since they may be the reason', async () => {
    world = await createLoadWorld();
    const bad = linesWith({ plan: 1 }).map((line) => line.replace('"e"', '"bad"'));
    await load('r1', window.date, bad);
    expect((await world.ledger()).state).toBe('rejected');
    expect(await reportOf('r1')).toMatchObject({ records: 1 });
    expect(await newestPropertyReport(world.deps, window)).toMatchObject({ run: 'r1' });
  });

  it('are found for any later window, and for no earlier one', async () => {
    world = await createLoadWorld();
    await load('r1', window.date, linesWith({}));
    const found = (date: string) => newestPropertyReport(world.deps, { ...window, date });
    expect(await found('2027-01-01')).toMatchObject({ run: 'r1' });
    expect(await found(window.date)).toMatchObject({ run: 'r1' });
    expect(await found(earlier)).toBeUndefined();
  });

  it('never keep a window from being delivered', async () => {
    world = await createLoadWorld();
    await world.storeRun('r1', linesWith({ a: 1 }));
    const store = {
      ...world.store,
      put: (...args: Parameters<typeof world.store.put>) =>
        args[0].endsWith('/properties.json')
          ? Promise.reject(new RetryableError('store_failed', 'writing'))
          : world.store.put(...args),
    };
    await world.drain(deliver('r1'), { store });
    expect((await world.ledger()).state).toBe('delivered');
    expect(world.log.entries).toContainEqual({
      level: 'warn',
      message: 'Load:Properties:NotReported',
      fields: { window: window.date, run: 'r1', code: 'store_failed' },
    });
  });

  it('are not reported where the delivery was begun by a version that kept none', async () => {
    world = await createLoadWorld();
    await world.storeRun('r1', linesWith({ a: 1 }, { a: 1 }, { a: 1 }), 2);
    await world.receive(deliver('r1'));
    const [first, second] = world.loadQueue.sent.splice(0);
    await world.receive(first?.body);
    const [key = ''] = [...world.store.objects.keys()].filter(
      (name) => name.startsWith('checkpoints/') && name.endsWith('part-00000.json'),
    );
    const { properties, ...old }: Record<string, unknown> = JSON.parse(
      String(world.store.objects.get(key) ?? ''),
    );
    expect(properties).toBeDefined();
    await world.store.put(key, JSON.stringify(old));
    await world.receive(second?.body);
    await world.drain();
    expect(await world.ledger()).toMatchObject({ state: 'delivered', deliveries: [{ mapped: 3 }] });
    expect(await reportOf('r1')).toBeUndefined();
  });
});
