import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createExportWork } from '../../functions/export-window/export-work.ts';
import { maxSlices } from '../../functions/export-window/slices/plan-slices.ts';
import type { MixpanelClient } from '../../functions/shared/mixpanel/mixpanel-client.ts';
import { slicedRunKey, timestampsKey } from '../../functions/shared/object-keys.ts';
import { createTimestampEvidence } from '../../functions/shared/timestamp-storage.ts';
import type { ExportWorkWorld } from '../support/export-work-world.ts';
import {
  createSlicedWorld,
  exportSlowly,
  fetchedWhole,
  manifestOf,
  pretendEarlierRun,
  tooSlowFor,
} from '../support/sliced-export.ts';

let world: ExportWorkWorld;
afterEach(() => world.close());

const date = '2026-03-08';

/** A Mixpanel that lets everything through where a filter is of this form. */
function deafTo(form: string, client: MixpanelClient): MixpanelClient {
  return {
    ready: () => client.ready(),
    exportWindow: (asked) =>
      client.exportWindow(asked.where?.includes(form) === true ? { ...asked, where: undefined } : asked),
  };
}

/** A filter by stored time that selects what the filter selects by UTC, in Los Angeles in winter. */
function hoursEarlier(filter: string): string {
  return filter.replaceAll(/datetime\("([^"]+)"\)/g, (_, text: string) => {
    const earlier = new Date(Date.parse(`${text}Z`) - 8 * 3_600_000).toISOString().slice(0, 19);
    return `datetime("${earlier}")`;
  });
}

describe('a window in slices that can not be fetched', () => {
  it('fails, and says what to do, when Mixpanel does not filter by time', async () => {
    world = await createSlicedWorld({ mixpanel: { whereTime: 'ignored' } });
    await pretendEarlierRun(world, date, 1_500_000);
    await world.windowQueue.send({ date });
    await world.run();
    expect(world.deadLetters.sent.map(({ attributes }) => attributes.code)).toContain('slice_not_filtered');
    expect(world.completeRuns(date)).toEqual(['20200101T000000000Z-00000000']);
    const ledger = await world.ledger(date);
    expect(ledger.state).toBe('failed');
    expect(ledger.error).toContain('mixpanel.sliceTime');
  });

  it('gives up one slice with a dead letter of its own, which completes the run when it is sent back', async () => {
    world = await createSlicedWorld({
      mixpanel: { faults: [{ kind: 'status', status: 402, day: date, nth: 3, times: 1 }] },
    });
    await world.windowQueue.send({ date });
    await world.run({ with: { mixpanel: tooSlowFor(world.deps.mixpanel, 7) } });
    const [letter] = world.deadLetters.sent;
    expect((await world.ledger(date)).state).toBe('failed');
    expect(JSON.parse(String(letter?.body))).toMatchObject({ type: 'slice', date });
    const before = world.queries.length;
    await world.windowQueue.send(letter?.body);
    await world.run();
    expect(world.queries.length - before).toBe(1);
    expect(await world.ledger(date)).toMatchObject({ state: 'exported', error: null });
    expect((await manifestOf(world, date)).contentHash).toBe((await fetchedWhole(world, date)).contentHash);
  });

  it.each([
    { found: 'no JSON', code: 'config_invalid', asksFor: { date } },
    { found: '{"version":99}', code: 'newer_format', asksFor: { type: 'slice', date } },
  ])(
    'is given up by the true code where the record of its run is $found',
    async ({ found, code, asksFor }) => {
      world = await createSlicedWorld({
        mixpanel: { faults: [{ kind: 'status', status: 402, day: date, nth: 3, times: 1 }] },
      });
      await world.windowQueue.send({ date });
      await world.run({ with: { mixpanel: tooSlowFor(world.deps.mixpanel, 7) } });
      const body: unknown = JSON.parse(String(world.deadLetters.sent.splice(0)[0]?.body));
      const { run } = z.object({ run: z.string() }).parse(body);
      await world.deps.store.put(slicedRunKey({ source: world.deps.settings.id, date, run }), found);
      await world.windowQueue.send(JSON.stringify(body));
      await world.run();
      const [letter] = world.deadLetters.sent;
      expect(letter).toMatchObject({ attributes: { code } });
      expect(JSON.parse(String(letter?.body))).toMatchObject(asksFor);
      expect((await world.ledger(date)).state).toBe('failed');
    },
  );

  it('is given up for what it is when all of its events are of one second', async () => {
    const line = (id: number) =>
      JSON.stringify({
        event: 'Batch',
        properties: { time: Date.parse(`${date}T00:00:00Z`), $insert_id: `${id}` },
      });
    world = await createSlicedWorld();
    const mixpanel = tooSlowFor(
      {
        ready: async () => {},
        exportWindow: async () => ({
          body: Readable.from([Buffer.from(`${line(1)}\n${line(2)}\n${line(3)}\n`)]),
          contentEncoding: undefined,
          framed: true,
          requests: 1,
          credential: 'serviceAccount',
        }),
      },
      7,
    );
    await world.windowQueue.send({ date });
    await world.run({ with: { mixpanel } });
    expect(world.deadLetters.sent.map(({ attributes }) => attributes.code)).toEqual(['window_too_large']);
  });

  it('that can not be whole as it is asked for, is asked for anew by its dead letters once that is mended', async () => {
    world = await createSlicedWorld();
    await pretendEarlierRun(world, date, 3_400_000);
    const mixpanel = deafTo('event["$time"]', world.deps.mixpanel);
    await world.windowQueue.send({ date, reason: 'first load' });
    await world.run({ with: { mixpanel } });
    const letters = world.deadLetters.sent.splice(0);
    // Two functions may find it out at the same moment; the other six slices are left alone.
    expect(letters.length).toBeLessThanOrEqual(2);
    expect(world.log.entries.map(({ message }) => message)).toContain('Export:Run:Hopeless');
    expect(letters[0]).toMatchObject({
      body: JSON.stringify({ date, reason: 'first load' }),
      attributes: { code: 'slice_not_filtered' },
    });
    const { settings } = world.deps;
    const mended = { ...settings, mixpanel: { ...settings.mixpanel, sliceTime: 'property' as const } };
    await world.windowQueue.send(letters[0]?.body);
    await world.run({ with: { mixpanel, settings: mended } });
    expect(world.deadLetters.sent).toEqual([]);
    expect(await world.ledger(date)).toMatchObject({ state: 'exported', error: null, slicing: null });
    expect((await manifestOf(world, date)).contentHash).toBe((await fetchedWhole(world, date)).contentHash);
  });

  it('that is too large even in a slice, is asked for with the events of another configuration', async () => {
    world = await createSlicedWorld();
    await pretendEarlierRun(world, date, 1_500_000);
    await world.windowQueue.send({ date, reason: 'first load' });
    // Of every slice so few events come that all of them are of one second, which no filter divides.
    const { mixpanel, settings } = world.deps;
    const line = JSON.stringify({ event: 'Batch', properties: { time: Date.parse(`${date}T00:00:00Z`) } });
    const answer = async () => ({
      body: Readable.from([Buffer.from(`${line}\n`.repeat(3))]),
      contentEncoding: undefined,
      framed: true,
      requests: 1,
      credential: 'serviceAccount' as const,
    });
    const slow = tooSlowFor({ ready: () => mixpanel.ready(), exportWindow: answer }, 0);
    await world.run({ with: { mixpanel: slow } });
    const [letter] = world.deadLetters.sent.splice(0);
    expect(letter).toMatchObject({
      body: JSON.stringify({ date, reason: 'first load' }),
      attributes: { code: 'window_too_large' },
    });
    const asked: (readonly string[] | undefined)[] = [];
    const noted: MixpanelClient = {
      ready: () => mixpanel.ready(),
      exportWindow: (query) => {
        asked.push(query.events);
        return mixpanel.exportWindow(query);
      },
    };
    const divided = { ...settings, mixpanel: { ...settings.mixpanel, events: ['Purchase'] } };
    await world.windowQueue.send(letter?.body);
    await world.run({ with: { mixpanel: noted, settings: divided } });
    expect(new Set(asked.map((events) => events?.join()))).toEqual(new Set(['Purchase']));
    expect(await world.ledger(date)).toMatchObject({ state: 'exported', error: null, slicing: null });
  });

  it('whose times made no sense in the configured zone, is measured anew once that is right', async () => {
    const timezone = 'America/Los_Angeles';
    world = await createSlicedWorld({
      mixpanel: { projects: [{ projectId: 7, timezone, legacy: true }] },
      source: { mixpanel: { timezone: 'Asia/Tokyo', timestamps: 'auto' } },
    });
    const right = { ...world.deps.settings, mixpanel: { ...world.deps.settings.mixpanel, timezone } };
    const whole = await fetchedWhole({ ...world, deps: { ...world.deps, settings: right } }, date);
    await pretendEarlierRun(world, date, 1_500_000, whole);
    await world.windowQueue.send({ date });
    await world.run();
    const [letter] = world.deadLetters.sent.splice(0);
    expect(letter).toMatchObject({
      body: JSON.stringify({ date }),
      attributes: { code: expect.stringMatching(/^timestamps_(unknown|mixed)$/) },
    });
    await world.windowQueue.send(letter?.body);
    await world.run({ with: { settings: right } });
    expect(world.deadLetters.sent).toEqual([]);
    expect(await world.ledger(date)).toMatchObject({ state: 'exported', error: null });
    expect(await manifestOf(world, date)).toMatchObject({
      timestamps: 'project',
      timezone,
      contentHash: whole.contentHash,
    });
  });

  it('of a source whose record of times was changed by hand, asks for the window: no slice has counted times', async () => {
    world = await createSlicedWorld({
      source: { mixpanel: { timezone: 'Europe/Madrid', timestamps: 'auto' } },
    });
    const { settings } = world.deps;
    const utc = { ...settings, mixpanel: { ...settings.mixpanel, timestamps: 'utc' as const } };
    const whole = await fetchedWhole({ ...world, deps: { ...world.deps, settings: utc } }, date);
    await pretendEarlierRun(world, date, 1_500_000, whole);
    const evidence = createTimestampEvidence('Europe/Madrid').counts();
    const at = { decidedAt: '2026-03-01T00:00:00.000Z', timezone: 'Europe/Madrid', run: 'r', evidence };
    const record = { version: 1, source: settings.id, decision: 'mixed', ...at };
    await world.objects.put(timestampsKey(settings.id), JSON.stringify(record));
    await world.windowQueue.send({ date });
    await world.run();
    expect(world.deadLetters.sent[0]).toMatchObject({
      body: JSON.stringify({ date }),
      attributes: { code: 'timestamps_unusable' },
    });
  });

  it('is not joined of slices that were selected by different clocks', async () => {
    const timezone = 'America/Los_Angeles';
    world = await createSlicedWorld({
      mixpanel: { projects: [{ projectId: 7, timezone, legacy: true }] },
      source: { mixpanel: { timezone, timestamps: 'project' } },
    });
    await pretendEarlierRun(world, date, 1_500_000);
    await world.windowQueue.send({ date });
    // As a Mixpanel would that goes by UTC for one query alone.
    const { mixpanel } = world.deps;
    const moody: MixpanelClient = {
      ready: () => mixpanel.ready(),
      exportWindow: (asked) =>
        mixpanel.exportWindow({
          ...asked,
          where: asked.where?.replace(/^.*06:00:00.*12:00:00.*$/, hoursEarlier),
        }),
    };
    await world.run({ with: { mixpanel: moody } });
    expect(world.deadLetters.sent.map(({ body, attributes }) => [body, attributes.code])).toEqual([
      [JSON.stringify({ date }), 'slices_disagree'],
    ]);
    expect(world.completeRuns(date)).toEqual(['20200101T000000000Z-00000000']);
  });

  it('is given up when it would need more slices than the budget of a day has queries for', async () => {
    world = await createSlicedWorld({ mixpanel: { eventsPerDay: 3000 } });
    await pretendEarlierRun(world, date, 1_000_000_000);
    await world.windowQueue.send({ date });
    await world.run({ until: () => world.windowQueue.bodies().some((body) => body.includes('"slice"')) });
    const message = world.windowQueue.bodies().find((body) => body.includes('"slice":"150"')) ?? '';
    expect(world.windowQueue.bodies()).toHaveLength(maxSlices);
    const received = { body: message, receiptHandle: 'r', receiveCount: 1, request: 'r', deferrals: 0 };
    const deadline = { signal: new AbortController().signal, remainingMs: () => 880_000 };
    const work = createExportWork({ ...world.deps, mixpanel: tooSlowFor(world.deps.mixpanel, 0) });
    await expect(work.handle(received, deadline)).rejects.toMatchObject({ code: 'too_many_slices' });
    expect(world.windowQueue.bodies()).toHaveLength(maxSlices);
  });
});

describe('the message of a slice that somebody sends by hand', () => {
  const run = '20260309T040000000Z-00000000';

  it.each([
    [{ version: 1, type: 'slice', date, run, slice: '0' }, 'run_missing', { date }],
    [{ version: 1, type: 'slice', date, run: '../other', slice: '0' }, 'config_invalid', undefined],
    [{ version: 1, type: 'slice', date, run, slice: '-' }, 'config_invalid', undefined],
    [{ version: 0, type: 'slice', date, run, slice: '0' }, 'config_invalid', undefined],
    [{ version: 1, type: 'slice', date: '2999-01-01', run, slice: '0' }, 'config_invalid', undefined],
  ])(
    'spends no query and is given up with its reason where it names nothing: %j',
    async (body, code, asked) => {
      world = await createSlicedWorld();
      await world.windowQueue.send(body);
      await world.run();
      expect(world.queries).toEqual([]);
      expect(world.deadLetters.sent).toMatchObject([
        { body: JSON.stringify(asked ?? body), attributes: { code } },
      ]);
      expect(world.completeRuns(date)).toEqual([]);
    },
  );

  it('changes nothing where it names a slice that is done, or one that never was', async () => {
    world = await createSlicedWorld();
    const manifest = await exportSlowly(world, date);
    const before = world.queries.length;
    const { slices } = await world.deps.slicedRuns.read(manifest);
    for (const slice of [slices[0]?.id, slices.at(-1)?.id, '99', '0-7']) {
      await world.windowQueue.send({ version: 1, type: 'slice', date, run: manifest.run, slice });
    }
    await world.run();
    expect(world.queries.length).toBe(before);
    expect(await manifestOf(world, date)).toEqual(manifest);
    expect(world.deadLetters.sent).toEqual([]);
  });
});
