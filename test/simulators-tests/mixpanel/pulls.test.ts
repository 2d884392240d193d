import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ask, day, eventsOf, type Line, linesOf, withMixpanel } from './client.ts';

const project = 2195193;
const insertIds = (lines: readonly Line[]) =>
  lines.flatMap(({ properties }) => String(properties.$insert_id ?? ''));

describe('pulls of a day', () => {
  it('repeat some rows, byte-equal or as a newer version', () =>
    withMixpanel({ eventsPerDay: 400, duplicates: 0.1 }, async (mixpanel) => {
      const answer = await ask(mixpanel);
      const lines = linesOf(answer);
      expect(lines).toHaveLength(440);
      const truth = [...mixpanel.expectedEvents(project, day)];
      expect(truth).toHaveLength(400);
      const different = new Set(lines).size;
      expect(different).toBeGreaterThan(405);
      expect(different).toBeLessThan(435);
      const newest = new Map<string, Line>();
      for (const line of eventsOf(answer)) {
        const id = String(line.properties.$insert_id ?? JSON.stringify(line));
        const known = Number(newest.get(id)?.properties.mp_processing_time_ms ?? 0);
        if (Number(line.properties.mp_processing_time_ms) > known) newest.set(id, line);
      }
      expect([...newest.values()].map((line) => JSON.stringify(line)).sort()).toEqual(
        truth.map(({ line }) => JSON.stringify(JSON.parse(line))).sort(),
      );
    }));

  it('show late rows from the pull on that they wait for', () =>
    withMixpanel({ eventsPerDay: 200, lateRows: { share: 0.05, fromPull: 3 } }, async (mixpanel) => {
      const counts: number[] = [];
      for (let pull = 1; pull <= 3; pull += 1) {
        const events = eventsOf(await ask(mixpanel));
        counts.push(events.length);
        expect([...mixpanel.expectedEvents(project, day)]).toHaveLength(events.length);
        expect(new Set(insertIds(events).filter(Boolean)).size).toBe(
          insertIds(events).filter(Boolean).length,
        );
      }
      expect(counts).toEqual([200, 200, 210]);
      const late = [...mixpanel.expectedEvents(project, day)].slice(200);
      expect(late.every(({ processingMs, trueUtcMs }) => processingMs > trueUtcMs + 7_200_000)).toBe(true);
      expect([...mixpanel.expectedEvents(project, day, 1)]).toHaveLength(200);
    }));

  it('count as one while its slices differ, and not at all for probes', () =>
    withMixpanel({ eventsPerDay: 100, lateRows: { share: 0.5, fromPull: 2 } }, async (mixpanel) => {
      const noon = Date.parse(`${day}T12:00:00Z`) / 1000;
      const halves = [`event["$time"]<datetime(${noon})`, `event["$time"]>=datetime(${noon})`];
      const pull = async () => {
        let rows = 0;
        for (const where of halves) rows += linesOf(await ask(mixpanel, { query: { where } })).length;
        return rows;
      };
      expect(await pull()).toBe(100);
      for (let probe = 0; probe < 3; probe += 1) await ask(mixpanel, { query: { limit: '1' } });
      expect([...mixpanel.expectedEvents(project, day)]).toHaveLength(100);
      expect(await pull()).toBe(150);
    }));

  it('do not count when they failed', () =>
    withMixpanel({ eventsPerDay: 100, lateRows: { share: 0.5, fromPull: 2 } }, async (mixpanel) => {
      mixpanel.setFaults([{ kind: 'reset', times: 2 }]);
      for (let failed = 0; failed < 2; failed += 1) expect((await ask(mixpanel)).ended).toBe(false);
      expect(linesOf(await ask(mixpanel))).toHaveLength(100);
      expect(linesOf(await ask(mixpanel))).toHaveLength(150);
    }));

  it('change the distinct_id of some events and keep the one that was sent', () =>
    withMixpanel({ eventsPerDay: 400, rekey: { share: 1, fromPull: 2 } }, async (mixpanel) => {
      const first = [...mixpanel.expectedEvents(project, day, 1)];
      await ask(mixpanel);
      const second = eventsOf(await ask(mixpanel));
      const truth = [...mixpanel.expectedEvents(project, day)];
      const changed = truth.filter(({ distinctId }, index) => distinctId !== first[index]?.distinctId);
      expect(changed.length).toBeGreaterThan(20);
      expect(truth.map(({ sentDistinctId }) => sentDistinctId)).toEqual(
        first.map(({ distinctId }) => distinctId),
      );
      const before = second.flatMap(({ properties }) => properties.$distinct_id_before_identity ?? []);
      expect(before.sort()).toEqual(changed.map(({ sentDistinctId }) => sentDistinctId).sort());
    }));

  it('are remembered by the next server in the same folder', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'mixpanel-simulator-'));
    try {
      const options = { eventsPerDay: 100, lateRows: { share: 0.5, fromPull: 2 }, dataDir };
      await withMixpanel(options, async (mixpanel) => {
        expect(linesOf(await ask(mixpanel))).toHaveLength(100);
      });
      await withMixpanel(options, async (mixpanel) => {
        expect(linesOf(await ask(mixpanel))).toHaveLength(150);
      });
    } finally {
      await rm(dataDir, { recursive: true });
    }
  });

  it('can be moved on by hand', () =>
    withMixpanel({ eventsPerDay: 100, lateRows: { share: 0.5, fromPull: 2 } }, async (mixpanel) => {
      const body = { projectId: project, day };
      expect((await ask(mixpanel, { path: '/_sim/pulls', method: 'POST', body })).status).toBe(200);
      expect(linesOf(await ask(mixpanel))).toHaveLength(150);
    }));
});
