import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { exportWindow } from '../../functions/export-window/export-window.ts';
import { tooLargeCode } from '../../functions/export-window/slices/time-watch.ts';
import { RetryableError } from '../../functions/shared/errors.ts';
import { type Manifest, manifestSchema } from '../../functions/shared/manifest.ts';
import type { MixpanelClient } from '../../functions/shared/mixpanel/mixpanel-client.ts';
import { ledgerKey, manifestKey, partNameOfKey, runPrefix } from '../../functions/shared/object-keys.ts';
import { readSuperseded } from '../../functions/shared/superseded.ts';
import {
  createExportWorkWorld,
  type ExportWorkWorld,
  type ExportWorkWorldOptions,
  source,
} from './export-work-world.ts';
import { createMemoryObjectStore } from './memory-object-store.ts';
import { createRecordedLog } from './recorded-log.ts';

/**
 * A Mixpanel so slow that of every answer but those for slices of at most `hours` only the first lines come in time:
 * the same as a deadline, but with no time passing.
 */
export function tooSlowFor(client: MixpanelClient, hours: number): MixpanelClient {
  return {
    ready: () => client.ready(),
    async exportWindow(request) {
      const answer = await client.exportWindow(request);
      if (lengthOf(request.where ?? '') <= hours * 3_600_000) return answer;
      const gzip = answer.contentEncoding === 'gzip';
      const pieces: Buffer[] = [];
      for await (const piece of answer.body) pieces.push(Buffer.from(piece));
      const bytes = gzip ? gunzipSync(Buffer.concat(pieces)) : Buffer.concat(pieces);
      const half = bytes.subarray(0, bytes.indexOf(10, bytes.length / 2) + 1);
      return {
        ...answer,
        contentEncoding: undefined,
        body: Readable.from(cut(half), { objectMode: false, highWaterMark: 1 }),
      };
    },
  };
}

/** Piece by piece, each read before the next one comes: an error makes a stream forget what nobody has read of it. */
async function* cut(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += 2000) {
    yield bytes.subarray(start, start + 2000);
    await nextTurn();
  }
  throw new RetryableError(tooLargeCode, 'too slow');
}

/** Milliseconds that a slice's filter leaves between its bounds; a bound that is missing is midnight. */
function lengthOf(where: string): number {
  const bounds = [...where.matchAll(/(not )?\(?event\["\$time"\] >= datetime\("([^"]+)"\)/g)];
  const day = bounds[0]?.[2]?.slice(0, 10);
  if (day === undefined) return Number.POSITIVE_INFINITY;
  const msOf = (text: string) => Date.parse(`${text}Z`);
  const start = bounds.find(([, not]) => not === undefined)?.[2] ?? `${day}T00:00:00`;
  const end = bounds.find(([, not]) => not !== undefined)?.[2];
  return (end === undefined ? msOf(`${day}T00:00:00`) + 86_400_000 : msOf(end)) - msOf(start);
}

/** A world whose Mixpanel takes any number of queries a second, as slices need many, and has a few hundred events. */
export function createSlicedWorld(options: ExportWorkWorldOptions = {}): Promise<ExportWorkWorld> {
  return createExportWorkWorld({
    ...options,
    mixpanel: { perSecond: 1000, eventsPerDay: 400, ...options.mixpanel },
  });
}

/** Exports a window from a Mixpanel that gives no more than a few hours of it in the time there is. */
export async function exportSlowly(world: ExportWorkWorld, date: string, hours = 7): Promise<Manifest> {
  await world.windowQueue.send({ date });
  await world.run({ with: { mixpanel: tooSlowFor(world.deps.mixpanel, hours) } });
  return manifestOf(world, date);
}

/** The same window fetched by one query, from the same Mixpanel. */
export async function fetchedWhole(world: ExportWorkWorld, date: string): Promise<Manifest> {
  const { settings, mixpanel, clock } = world.deps;
  const store = createMemoryObjectStore();
  return (await exportWindow({ store, settings, mixpanel, clock, log: createRecordedLog() }, { date }))
    .manifest;
}

/** The manifest of the run that the window's ledger names. */
export async function manifestOf(world: ExportWorkWorld, date: string): Promise<Manifest> {
  const run = (await world.ledger(date)).exported?.run ?? '';
  return manifestSchema.parse(
    JSON.parse(String(world.objects.objects.get(manifestKey({ source, date, run })))),
  );
}

/** Names of the run's parts that lie in the archive, whether its manifest names them or not. */
export function partsInArchive(world: ExportWorkWorld, { date, run }: Manifest): string[] {
  const prefix = runPrefix({ source, date, run });
  return [...world.objects.objects.keys()].filter(
    (key) => key.startsWith(prefix) && partNameOfKey(key) !== undefined,
  );
}

/** Every line of a run that delivery does not skip, sorted. */
export async function keptLines(world: ExportWorkWorld, manifest: Manifest): Promise<string[]> {
  const superseded = await readSuperseded(world.objects, manifest, [...manifest.parts.keys()]);
  const lines = manifest.parts.flatMap(({ key }, part) => {
    const text = gunzipSync(world.objects.objects.get(key) ?? Buffer.alloc(0)).toString('utf8');
    return text
      .slice(0, -1)
      .split('\n')
      .filter((_, line) => !(superseded.get(part)?.has(line) ?? false));
  });
  return lines.sort();
}

/** Has an earlier run of the window take so long that the next one is planned in slices. */
export async function pretendEarlierRun(
  world: ExportWorkWorld,
  date: string,
  tookMs: number,
  whole?: Manifest,
): Promise<void> {
  const startedMs = Date.parse(`${date}T12:00:00Z`);
  const run = '20200101T000000000Z-00000000';
  const manifest: Manifest = {
    ...(whole ?? (await fetchedWhole(world, date))),
    run,
    startedAt: new Date(startedMs).toISOString(),
    completedAt: new Date(startedMs + tookMs).toISOString(),
  };
  await world.objects.put(manifestKey(manifest), JSON.stringify(manifest));
  const ledger = await world.ledger(date);
  const exported = { run, request: 'earlier', at: manifest.completedAt };
  await world.objects.put(ledgerKey({ source, date }), JSON.stringify({ ...ledger, exported }));
}
