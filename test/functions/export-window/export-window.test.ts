import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportWindow } from '../../../functions/export-window/export-window.ts';
import { lineDigest } from '../../../functions/shared/record-identity.ts';
import { type MixpanelSimulator, startMixpanel } from '../../simulators/mixpanel/server.ts';
import {
  answering,
  archivedLines,
  eventLine,
  exportWorld,
  oneDay,
  secret,
  storedManifest,
  supersededIn,
} from './export-world.ts';

const eventsPerDay = 2000;
const projectId = 2195193;
let mixpanel: MixpanelSimulator;
beforeAll(async () => {
  mixpanel = await startMixpanel({
    secret,
    eventsPerDay,
    duplicates: 0.05,
    perSecond: 1000,
    hourlyLimit: 1000,
  });
});
afterAll(() => mixpanel.close());

const body = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
const digest = (line: string) => lineDigest(Buffer.from(line));

describe('exporting a window', () => {
  it('archives every line and keeps of each event the one that counts', async () => {
    const world = exportWorld(mixpanel.url, { limits: { maxPartBytes: 300_000 } });
    const { manifest, warnings } = await exportWindow(world, oneDay);
    const parts = archivedLines(world.store, manifest);
    const superseded = supersededIn(world.store);
    const kept = parts.flatMap((lines, part) => {
      const lost = new Set(superseded[`part-0000${part}`]);
      return lines.filter((_, line) => !lost.has(line));
    });
    const expected = [...mixpanel.expectedEvents(projectId, oneDay.date)].map(({ line }) => line);
    expect(kept.toSorted()).toEqual(expected.toSorted());
    expect(manifest).toMatchObject({
      source: 'shop',
      date: oneDay.date,
      requests: 1,
      timestamps: 'utc',
      timezone: 'UTC',
    });
    expect(manifest.records - manifest.duplicates).toBe(expected.length);
    expect(manifest.duplicates).toBeGreaterThan(50);
    expect(parts.length).toBeGreaterThan(5);
    expect(warnings).toEqual([]);
  });

  it('counts, measures and hashes each part, and names all of them in the manifest', async () => {
    const world = exportWorld(mixpanel.url, { limits: { maxPartBytes: 300_000 } });
    const { manifest } = await exportWindow(world, oneDay);
    const lines = archivedLines(world.store, manifest);
    manifest.parts.forEach((part, index) => {
      const stored = world.store.objects.get(part.key) ?? Buffer.alloc(0);
      const prefix = `raw/source=shop/date=${oneDay.date}/run=${manifest.run}/`;
      expect(part).toEqual({
        key: `${prefix}part-0000${index}.ndjson.gz`,
        records: lines[index]?.length,
        bytes: Buffer.byteLength(body(lines[index] ?? [])),
        gzipBytes: stored.length,
        sha256: createHash('sha256').update(stored).digest('hex'),
      });
      expect(part.bytes).toBeLessThanOrEqual(300_000);
    });
    expect(manifest.records).toBe(lines.flat().length);
    expect(storedManifest(world.store)).toEqual(manifest);
  });

  it('gives the same content hash when the same events come again in another order', async () => {
    const first = exportWorld(mixpanel.url);
    const second = exportWorld(mixpanel.url, { limits: { maxPartBytes: 100_000 } });
    const [one, other] = [await exportWindow(first, oneDay), await exportWindow(second, oneDay)];
    expect(other.manifest.contentHash).toBe(one.manifest.contentHash);
    expect(other.manifest.run).not.toBe(one.manifest.run);
    expect(archivedLines(first.store, one.manifest).flat()).not.toEqual(
      archivedLines(second.store, other.manifest).flat(),
    );
  });

  it('keeps lines byte for byte, whatever numbers and characters they hold', async () => {
    const lines = [
      '{"event":"a","properties":{"n":1e21,"m":12345678901234567890,"z":0.10,"e":"\\u00e9é\u2028😀","$insert_id":"1"}}',
      ' {"event" : "b" , "properties" : { "x" : -0 } }\r',
      '{"properties":{"a":[1, 2],"a":2},"event":""}',
    ];
    const world = exportWorld('http://127.0.0.1:1', { client: answering(body(lines)) });
    const { manifest } = await exportWindow(world, oneDay);
    expect(archivedLines(world.store, manifest)).toEqual([lines]);
    expect(manifest.bytes).toBe(Buffer.byteLength(body(lines)));
  });

  it('puts a line longer than a part into a part of its own', async () => {
    const lines = ['s', 'x'.repeat(5000), 'x'.repeat(1_000_000), 's', 's'].map((note, at) =>
      eventLine({ note, at }),
    );
    const world = exportWorld('http://127.0.0.1:1', {
      client: answering(gzipSync(body(lines)), { contentEncoding: 'gzip' }),
      limits: { maxPartBytes: 1000 },
    });
    const { manifest } = await exportWindow(world, oneDay);
    expect(archivedLines(world.store, manifest)).toEqual([
      [lines[0]],
      [lines[1]],
      [lines[2]],
      lines.slice(3),
    ]);
  });

  it('prefers the newest of two lines, and takes byte-equal lines without an insert id for one', async () => {
    const lines = [
      eventLine({ $insert_id: 'a', mp_processing_time_ms: 9 }),
      eventLine({ $insert_id: 'a', mp_processing_time_ms: 5 }),
      eventLine({ $insert_id: 'b' }),
      eventLine({ note: 1 }),
      eventLine({ $insert_id: 'b', mp_processing_time_ms: 1 }),
      eventLine({ note: 1 }),
      eventLine({ note: 2 }),
      eventLine({
        $insert_id: 'a',
        mp_processing_time_ms: 9,
        distinct_id: 'merged',
        $distinct_id_before_identity: 'u',
      }),
    ];
    const world = exportWorld('http://127.0.0.1:1', { client: answering(body(lines)) });
    const { manifest } = await exportWindow(world, oneDay);
    expect(supersededIn(world.store)).toEqual({ 'part-00000': [0, 1, 2, 3] });
    expect(manifest).toMatchObject({ records: 8, duplicates: 4 });
    const alone = exportWorld('http://127.0.0.1:1', { client: answering(body(lines.slice(4).toReversed())) });
    expect((await exportWindow(alone, oneDay)).manifest.contentHash).toBe(manifest.contentHash);
    expect(supersededIn(alone.store)).toEqual({});
  });

  it('stores nothing of what privacy removes or hashes', async () => {
    const lines = [
      eventLine({ $insert_id: 'a', $email: 'someone@example.com', phone: '555' }),
      eventLine({ $insert_id: 'b' }),
    ];
    const world = exportWorld('http://127.0.0.1:1', {
      client: answering(body(lines)),
      privacy: { drop: ['phone'], hash: ['$email', 'distinct_id'] },
      privacyKey: 'k',
    });
    const { manifest } = await exportWindow(world, oneDay);
    const [first, second] = archivedLines(world.store, manifest).flat();
    expect(`${first}${second}`).not.toMatch(/someone|555|"distinct_id":"u"/);
    expect(JSON.parse(first ?? '').properties).toMatchObject({
      $insert_id: 'a',
      $email: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    // What is archived is what is hashed: load-window must find the same.
    const same = exportWorld('http://127.0.0.1:1', { client: answering(body([second ?? '', first ?? ''])) });
    expect((await exportWindow(same, oneDay)).manifest.contentHash).toBe(manifest.contentHash);
    expect(digest(first ?? '')).not.toBe(digest(lines[0] ?? ''));
  });

  it('spends no query when a property is to be hashed and there is no key', async () => {
    let queries = 0;
    const client = { exportWindow: () => Promise.reject(new Error(`query ${++queries}`)) };
    const world = exportWorld('http://127.0.0.1:1', { client, privacy: { hash: ['$email'] } });
    await expect(exportWindow(world, oneDay)).rejects.toMatchObject({ code: 'config_invalid' });
    expect(queries).toBe(0);
  });

  it('hands on what Mixpanel refuses', async () => {
    mixpanel.setFaults([{ kind: 'status', status: 429, retryAfterSeconds: 9 }]);
    const world = exportWorld(mixpanel.url);
    await expect(exportWindow(world, oneDay)).rejects.toMatchObject({
      code: 'rate_limited',
      retryAfterMs: 9000,
    });
    await expect(exportWindow(world, { date: '2999-01-01' })).rejects.toMatchObject({
      code: 'window_in_future',
    });
    expect(world.store.objects.size).toBe(0);
  });

  it('asks only for the events that the source names', async () => {
    const world = exportWorld(mixpanel.url, { mixpanel: { events: ['Subscription Renewed'] } });
    const { manifest } = await exportWindow(world, oneDay);
    const names = archivedLines(world.store, manifest)
      .flat()
      .map((line) => JSON.parse(line).event);
    expect(new Set(names)).toEqual(new Set(['Subscription Renewed']));
  });

  it('warns of a project secret, which Mixpanel will switch off', async () => {
    const client = answering('', { credential: 'projectSecret' });
    const world = exportWorld('http://127.0.0.1:1', { client });
    expect((await exportWindow(world, oneDay)).warnings).toEqual([expect.stringContaining('2027-03-03')]);
  });

  it('tells its steps in the log', async () => {
    const world = exportWorld(mixpanel.url);
    const { manifest } = await exportWindow(world, oneDay);
    expect(world.log.entries.map(({ message }) => message)).toEqual([
      'Export:Run:Started',
      'Export:Part:Stored',
      'Export:Run:Completed',
    ]);
    expect(world.log.entries[1]?.fields).toMatchObject({
      window: oneDay.date,
      run: manifest.run,
      part: 'part-00000',
      records: manifest.records,
      bytes: manifest.bytes,
    });
  });
});
