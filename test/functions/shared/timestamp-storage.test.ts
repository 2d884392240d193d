import { describe, expect, it } from 'vitest';
import {
  createTimestampEvidence,
  storedTimestampDecisionSchema,
  type TimestampedEvent,
  weighTimestamps,
} from '../../../functions/shared/timestamp-storage.ts';
import { createZoneOffsets } from '../../../functions/shared/zone-offsets.ts';
import fc from '../../support/seeded-fast-check.ts';
import { allZones } from '../../support/zones.ts';

const minute = 60_000;
const hour = 60 * minute;
const winter = Date.UTC(2026, 0, 14, 12);
const summer = Date.UTC(2026, 6, 14, 12);

interface Scene {
  readonly zone: string;
  readonly stored: 'utc' | 'project';
  readonly delaysMs: readonly number[];
  readonly from?: number;
  readonly imported?: boolean;
}

/** Events over one day, each received after its delay. */
function eventsOf({ zone, stored, delaysMs, from = winter, imported = false }: Scene): TimestampedEvent[] {
  const offsets = createZoneOffsets(zone);
  return delaysMs.map((delayMs, index) => {
    const utcMs = from + Math.floor((index * 24 * hour) / delaysMs.length);
    const timeMs = stored === 'utc' ? utcMs : utcMs + offsets.offsetAt(utcMs);
    return { timeMs, apiTimestampMs: utcMs + delayMs, processingTimeMs: utcMs + delayMs + 900, imported };
  });
}

function decide(zone: string, events: readonly TimestampedEvent[]) {
  const evidence = createTimestampEvidence(zone);
  for (const event of events) evidence.add(event);
  return { ...weighTimestamps(evidence.counts(), zone), evidence: evidence.counts() };
}

function decisionOf(scene: Scene) {
  return decide(scene.zone, eventsOf(scene)).decision;
}

/** Evenly spread numbers from 0 to 1: a stand-in for chance that gives the same in every run. */
function spread(count: number): number[] {
  return Array.from({ length: count }, (_, index) => (index * 0.618033988749895) % 1);
}

/** Numbers from 0 to 1 with the unevenness of chance (xorshift), the same for the same seed. */
function random(seed: number, count: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  });
}

const prompt = (count: number) => spread(count).map((share) => share * 20_000);
/** Between nothing and the five days after which Mixpanel's SDK endpoint takes events no more. */
const late = (count: number) => spread(count).map((share) => share * 120 * hour);

const zones = ['US/Pacific', 'America/St_Johns', 'Europe/Madrid', 'Asia/Kolkata', 'Pacific/Kiritimati'];

describe('createTimestampEvidence', () => {
  describe.each(['utc', 'project'] as const)('for a project that stores %s', (stored) => {
    it.each(zones)('finds it out in %s, in summer and in winter', (zone) => {
      for (const from of [winter, summer]) {
        expect(decisionOf({ zone, stored, from, delaysMs: prompt(200) })).toBe(stored);
      }
    });

    it.each(zones)('is not misled in %s by more late events than timely ones', (zone) => {
      const delaysMs = [...prompt(400), ...late(600)];
      expect(decisionOf({ zone, stored, delaysMs })).toBe(stored);
    });

    it.each(zones)('is not misled in %s by senders that collect a day’s events', (zone) => {
      const delaysMs = [...prompt(300), ...spread(20_000).map((share) => share * 24 * hour)];
      expect(decisionOf({ zone, stored, delaysMs })).toBe(stored);
    });

    it.each(zones)(
      'is not misled in %s by chance, where late events by far outnumber timely ones',
      (zone) => {
        const rounds = Array.from({ length: 20 }, (_, seed) => {
          const collected = random(seed + 20260309, 5000).map((share) => share * 24 * hour);
          return decisionOf({ zone, stored, delaysMs: [...prompt(20), ...collected] });
        });
        expect(new Set(rounds)).toEqual(new Set([stored]));
      },
    );

    it.each(zones)('is not misled in %s by devices with a wrong clock', (zone) => {
      const wrong = spread(300).map((share) => (share - 0.5) * 4 * hour);
      expect(decisionOf({ zone, stored, delaysMs: [...prompt(700), ...wrong] })).toBe(stored);
    });
  });

  it('finds it out in every zone that is away from UTC', () => {
    const wrong: string[] = [];
    for (const zone of allZones) {
      const affected = createZoneOffsets(zone).offsetAt(summer) !== 0;
      for (const stored of ['utc', 'project'] as const) {
        const found = decisionOf({ zone, stored, from: summer, delaysMs: prompt(50) });
        if (found !== (affected ? stored : 'same')) wrong.push(`${zone}: ${stored}, found ${found}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('has nothing to decide in London’s winter, but in its summer', () => {
    const zone = 'Europe/London';
    expect(decisionOf({ zone, stored: 'project', from: winter, delaysMs: prompt(200) })).toBe('same');
    expect(decisionOf({ zone, stored: 'project', from: summer, delaysMs: prompt(200) })).toBe('project');
    // The last day of winter, with events that were received in summer.
    const from = Date.UTC(2026, 2, 28);
    const delaysMs = [...prompt(50), ...late(50)];
    expect(decisionOf({ zone, stored: 'utc', from, delaysMs })).toBe('same');
  });

  it('has nothing to decide in a zone that never leaves UTC, even without events', () => {
    expect(decide('UTC', []).decision).toBe('same');
    expect(decide('Africa/Abidjan', []).decision).toBe('same');
    expect(decide('Europe/London', []).decision).toBe('unknown');
  });

  it('leaves it open while too few timely events were seen', () => {
    const zone = 'US/Pacific';
    expect(decisionOf({ zone, stored: 'utc', delaysMs: late(300) })).toBe('unknown');
    const few = [
      ...eventsOf({ zone, stored: 'utc', delaysMs: prompt(3) }),
      ...eventsOf({ zone, stored: 'project', delaysMs: prompt(3) }),
    ];
    expect(decide(zone, few).decision).toBe('unknown');
  });

  it('believes a few timely events that all agree, for their own run alone', () => {
    const zone = 'US/Pacific';
    const decisionFor = (stored: 'utc' | 'project', count: number) =>
      decide(zone, eventsOf({ zone, stored, delaysMs: prompt(count) }));
    expect(decisionFor('project', 19)).toMatchObject({ decision: 'project', firm: false });
    expect(decisionFor('project', 20)).toMatchObject({ decision: 'project', firm: true });
    expect(decisionFor('utc', 1)).toMatchObject({ decision: 'utc', firm: false });
  });

  it('learns nothing from imported events and from events without a stamp', () => {
    const zone = 'US/Pacific';
    const delaysMs = prompt(200);
    const imported = decide(zone, eventsOf({ zone, stored: 'utc', delaysMs, imported: true }));
    expect(imported).toMatchObject({ decision: 'unknown', evidence: { imported: 200, nearUtc: 0 } });
    const odd = [Number.NaN, 1e300, -5, Number.POSITIVE_INFINITY, undefined];
    const bare = odd.map((apiTimestampMs) => ({ timeMs: winter, apiTimestampMs, imported: false }));
    expect(decide(zone, bare)).toMatchObject({ decision: 'unknown', evidence: { unstamped: 5 } });
  });

  it('goes by the processing stamp where there is no other', () => {
    const zone = 'Asia/Kolkata';
    const events = eventsOf({ zone, stored: 'project', delaysMs: prompt(50) });
    const stripped = events.map(({ apiTimestampMs: _, ...event }) => event);
    expect(decide(zone, stripped).decision).toBe('project');
  });

  it('says so when both ways are in use', () => {
    for (const zone of zones) {
      const events = [
        ...eventsOf({ zone, stored: 'utc', delaysMs: prompt(100) }),
        ...eventsOf({ zone, stored: 'project', delaysMs: prompt(60) }),
      ];
      expect(decide(zone, events).decision).toBe('mixed');
    }
  });

  it('reads Mixpanel’s own published samples as the wall times they are', () => {
    const evidence = createTimestampEvidence('US/Eastern');
    for (let repeat = 0; repeat < 20; repeat += 1) {
      evidence.add({ timeMs: 1602611311000, processingTimeMs: 1602625711874, imported: false });
    }
    expect(weighTimestamps(evidence.counts(), 'US/Eastern').decision).toBe('project');
  });

  it('shows counts that add up, and medians, and nothing else', () => {
    const zone = 'US/Pacific';
    const events = [
      ...eventsOf({ zone, stored: 'project', delaysMs: [...Array(101).fill(4000), 3 * hour] }),
      ...eventsOf({ zone, stored: 'utc', delaysMs: [1000, -10 * minute] }),
      ...eventsOf({ zone, stored: 'project', delaysMs: [-10 * minute] }),
      ...eventsOf({ zone, stored: 'project', delaysMs: [0], imported: true }),
      { timeMs: winter, imported: false },
    ];
    expect(decide(zone, events).evidence).toEqual({
      events: 107,
      affected: 107,
      imported: 1,
      unstamped: 1,
      atUtc: 0,
      nearUtc: 1,
      belowUtc: 1,
      nearProject: 101,
      belowProject: 1,
      elsewhere: 1,
      medianDelaySeconds: 8 * 3600 + 4,
      medianOffsetSeconds: -8 * 3600,
    });
  });

  it('counts each event once, whatever its times', () => {
    const time = fc.oneof(fc.double({ min: winter - 200 * hour, max: summer }), fc.double());
    const event = fc.record({
      timeMs: fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) }),
      apiTimestampMs: fc.option(time, { nil: undefined }),
      processingTimeMs: fc.option(time, { nil: undefined }),
      imported: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.constantFrom(...zones, 'Europe/London'), fc.array(event), (zone, events) => {
        const { evidence } = decide(zone, events);
        const { nearUtc, belowUtc, nearProject, belowProject, elsewhere } = evidence;
        const { imported, unstamped, atUtc } = evidence;
        const sum =
          imported + unstamped + atUtc + nearUtc + belowUtc + nearProject + belowProject + elsewhere;
        return evidence.events === events.length && sum === events.length;
      }),
    );
  });

  it('can be stored and read back', () => {
    const zone = 'US/Pacific';
    const { decision, evidence } = decide(zone, eventsOf({ zone, stored: 'utc', delaysMs: prompt(40) }));
    const at = '2026-03-09T03:30:05.123Z';
    const stored = {
      version: 1,
      source: 'shop',
      decision,
      timezone: zone,
      decidedAt: at,
      run: 'r',
      evidence,
    };
    expect(storedTimestampDecisionSchema.parse(JSON.parse(JSON.stringify(stored)))).toEqual(stored);
    expect(storedTimestampDecisionSchema.safeParse({ ...stored, decision: 'perhaps' }).success).toBe(false);
  });
});
