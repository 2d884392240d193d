import { afterEach, describe, expect, it } from 'vitest';
import { exportWindow } from '../../../functions/export-window/export-window.ts';
import { asEvent } from '../../../functions/shared/mixpanel/event.ts';
import { connectorId } from '../../../functions/shared/record-identity.ts';
import type { Fault } from '../../simulators/mixpanel/faults.ts';
import { defaultProjectId, type MixpanelOptions } from '../../simulators/mixpanel/options.ts';
import { type MixpanelSimulator, startMixpanel } from '../../simulators/mixpanel/server.ts';
import { archivedLines, exportWorld, oneDay, secret, supersededIn } from './export-world.ts';

/** Everything that the simulator can do to an export, once each; combinations are drawn in bad-days.test.ts. */
let mixpanel: MixpanelSimulator;
afterEach(() => mixpanel.close());

/** Longer than a busy machine keeps silent; what is meant to be silence is endless. */
const timeouts = { idleMs: 5000, firstByteMs: 5000 };

async function start(options: Partial<MixpanelOptions> = {}): Promise<void> {
  mixpanel = await startMixpanel({
    secret,
    eventsPerDay: 150,
    perSecond: 1000,
    hourlyLimit: 1000,
    ...options,
  });
}

/** Exports the day once more, into an archive of its own. */
async function exported(options: Parameters<typeof exportWorld>[1] = {}) {
  const world = exportWorld(mixpanel.url, { limits: { maxPartBytes: 40_000 }, timeouts, ...options });
  const { manifest } = await exportWindow(world, oneDay);
  const lines = archivedLines(world.store, manifest);
  const superseded = supersededIn(world.store);
  const names = manifest.parts.map(({ key }) => /part-\d+/.exec(key)?.[0] ?? '');
  const kept = lines.flatMap((part, index) => {
    const lost = new Set(superseded[names[index] ?? '']);
    return part.filter((_, line) => !lost.has(line));
  });
  return { manifest, lines: lines.flat(), kept: kept.toSorted() };
}

function expected(pull?: number): string[] {
  const events = mixpanel.expectedEvents(defaultProjectId, oneDay.date, pull);
  return [...events].map(({ line }) => line).toSorted();
}

const early = (text: 'export terminated early' | 'terminated early'): [string, Fault][] => [
  [`"${text}" for the whole body`, { kind: 'terminatedEarly', text, afterRows: 0 }],
  [`"${text}" for the last line`, { kind: 'terminatedEarly', text }],
  [`"${text}" after some rows`, { kind: 'terminatedEarly', text, afterRows: 40 }],
];
const status = (status: 400 | 408 | 429 | 500 | 502 | 503 | 504, error?: string): [string, Fault] => [
  `status ${status}`,
  { kind: 'status', status, ...(error === undefined ? {} : { error }) },
];

describe('an export that meets', () => {
  it.each<[string, Fault]>([
    ...early('export terminated early'),
    ...early('terminated early'),
    ['the begin of an error for its tail', { kind: 'errorTail', afterRows: 40 }],
    ['a reset in the middle of a line', { kind: 'reset', afterRows: 40 }],
    ['the end of its connection at a line boundary', { kind: 'close', afterRows: 40 }],
    ['a body without its last bytes', { kind: 'gzipCut', bytes: 6 }],
    ['a body without its last byte', { kind: 'gzipCut', bytes: 1 }],
    ['a line that is no event', { kind: 'badLine', afterRows: 40 }],
    ['a stall without end', { kind: 'stall', afterRows: 40 }],
    ['silence before the first byte', { kind: 'slowFirstByte', ms: 60_000 }],
    status(400, 'Timeout Error.'),
    status(408),
    status(429),
    status(500),
    status(502),
    status(503),
    status(504),
  ])('%s fails, leaves nothing, and is whole the next time', async (_, fault) => {
    await start({ faults: [fault] });
    const short = fault.kind === 'stall' || fault.kind === 'slowFirstByte';
    const world = exportWorld(mixpanel.url, {
      limits: { maxPartBytes: 40_000 },
      timeouts: short ? { idleMs: 300, firstByteMs: 300 } : timeouts,
    });
    await expect(exportWindow(world, oneDay)).rejects.toMatchObject({ retryable: true });
    expect([...world.store.objects.keys()]).toEqual([]);
    expect((await exported()).kept).toEqual(expected());
  });

  it.each<[string, Fault]>([
    ['chunks that split every character', { kind: 'tinyChunks', bytes: 1 }],
    ['a pause inside', { kind: 'stall', afterRows: 40, ms: 50 }],
    ['a slow beginning', { kind: 'slowFirstByte', ms: 50 }],
  ])('%s is whole all the same', async (_, fault) => {
    await start({ faults: [fault], eventsPerDay: 400 });
    const { kept } = await exported();
    expect(kept).toEqual(expected());
    // What other readers take for the end of a line, and characters of several bytes, did occur.
    expect(kept.some((line) => line.includes('\u2028'))).toBe(true);
    expect(kept.some((line) => line.includes('👩🏽‍🚀'))).toBe(true);
  });

  it('an end that nothing shows to be early can not tell, but the next export of the day differs, and replaces it', async () => {
    await start({ faults: [{ kind: 'shortEnd', afterShare: 0.5 }] });
    const [short, next, again] = [await exported(), await exported(), await exported()];
    expect(short.manifest.records).toBeLessThan(next.manifest.records);
    expect(short.manifest.contentHash).not.toBe(next.manifest.contentHash);
    expect(next.kept).toEqual(expected());
    expect(again.manifest.contentHash).toBe(next.manifest.contentHash);
  });
});

describe('a day whose events', () => {
  it('come twice, byte for byte or processed anew, is kept once, the newest of each', async () => {
    await start({ duplicates: 0.3 });
    const { manifest, lines, kept } = await exported();
    expect(manifest.duplicates).toBeGreaterThan(30);
    expect(lines.length - manifest.duplicates).toBe(kept.length);
    expect(kept).toEqual(expected());
  });

  it('come late, with an old time, is another content the next time', async () => {
    await start({ lateRows: { share: 0.2, fromPull: 2 } });
    const [first, second] = [await exported(), await exported()];
    expect(first.kept).toEqual(expected(1));
    expect(second.kept).toEqual(expected(2));
    expect(second.kept.length).toBeGreaterThan(first.kept.length + 20);
    expect(second.manifest.contentHash).not.toBe(first.manifest.contentHash);
  });

  it('get another distinct_id between two exports keeps the identity of each record', async () => {
    const quirks = { emptyDistinctId: 0, missingInsertId: 0, isoTime: 0, floatTime: 0 };
    await start({ quirks, rekey: { share: 1, fromPull: 2 } });
    const [first, second] = [await exported(), await exported()];
    expect(second.kept).not.toEqual(first.kept);
    expect(identities(second.kept)).toEqual(identities(first.kept));
  });

  it.each([
    ['carry their time as ISO text', { isoTime: 0.5 }, /"time":"2026-/],
    ['carry their time with a fraction', { floatTime: 0.5 }, /"time":\d+\.\d/],
    ['have an empty distinct_id', { emptyDistinctId: 0.5 }, /"distinct_id":""/],
    ['have no insert id', { missingInsertId: 0.5 }, /"properties":\{(?![^\n]*\$insert_id)/],
  ] as const)('%s is archived as it came and kept once', async (_, quirks, sign) => {
    const all = { emptyDistinctId: 0, missingInsertId: 0, isoTime: 0, floatTime: 0, ...quirks };
    await start({ quirks: all, duplicates: 0.1 });
    const { kept } = await exported();
    expect(kept).toEqual(expected());
    expect(kept.filter((line) => sign.test(line)).length).toBeGreaterThan(20);
  });

  it('have a property of several types, and $browser beside browser, is archived as it came', async () => {
    await start({ eventsPerDay: 800 });
    const { kept } = await exported({ limits: {} });
    expect(kept).toEqual(expected());
    expect(kept.some((line) => line.includes('"$browser":') && line.includes('"browser":'))).toBe(true);
    expect(kept.some((line) => /"\$browser_version":\d/.test(line))).toBe(true);
    expect(kept.some((line) => line.includes('"$browser_version":"'))).toBe(true);
  });
});

function identities(lines: readonly string[]): string[] {
  return lines
    .map((line) => {
      const event = asEvent(JSON.parse(line));
      if (event === undefined) throw new Error('no event');
      return connectorId(event, Buffer.from(line));
    })
    .toSorted();
}
