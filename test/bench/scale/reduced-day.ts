import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createManifest } from '../../../functions/export-window/run-manifest.ts';
import { createSlicedRunStore } from '../../../functions/export-window/slices/sliced-run-store.ts';
import { createLedgerStore } from '../../../functions/shared/ledger-store.ts';
import { manifestSchema } from '../../../functions/shared/manifest.ts';
import { compileMapping, parseMappingSet } from '../../../functions/shared/mapping/index.ts';
import { manifestKey } from '../../../functions/shared/object-keys.ts';
import { dailyWindows } from '../../../functions/shared/platform/guardrails.ts';
import { type SourceSettings, sourceSchema } from '../../../functions/shared/source-settings.ts';
import { previousWindow } from '../../../functions/shared/window.ts';
import { projectRoot } from '../../../lib/config.ts';
import { type MixpanelSimulator, startMixpanel } from '../../simulators/mixpanel/server.ts';
import { localPlatform } from '../../simulators/platform/options.ts';
import { type PlatformSimulator, startPlatform } from '../../simulators/platform/server.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from '../../support/memory-object-store.ts';
import { createVirtualClock } from '../../support/virtual-queue.ts';
import { divideByName, expectedEvents, rowIds, unmatched } from './reduced-events.ts';
import { openReducedSource, type ReducedSource, type ReducedWorld } from './reduced-source.ts';
import type { Scenario } from './scenario.ts';

const date = '2026-03-08';
const projectId = 7;
const secret = 'a-secret-of-some-length';
const startMs = Date.UTC(2026, 2, 9, 4);
/** Of the events, sent twice. */
const duplicateShare = 0.02;

/** What the functions did on a reduced day, all sources together. */
export interface ReducedDay {
  readonly queries: number;
  readonly slices: number;
  readonly parts: number;
  readonly uploads: number;
  readonly files: number;
  readonly batches: number;
  readonly invocations: { readonly export: number; readonly load: number };
  readonly waits: number;
  /** In the dataset's active batches. */
  readonly rows: number;
  /** That Mixpanel has, and how many lines it sent of them. */
  readonly events: number;
  readonly lines: number;
  /** Of those lines, and of the rows that they became. */
  readonly bytes: number;
  readonly rowBytes: number;
  /** Rows that are missing, or are there twice, or are no event's. */
  readonly wrongRows: number;
}

/**
 * The newest window of a day, by the functions' own code and by what is deployed, against the simulators: every part,
 * file and event of the scenario is there, but each part and file has `factor` times fewer bytes, and so there are as
 * many times fewer events. That the windows are too large for one function is known from the day before.
 */
export async function runReducedDay(scenario: Scenario, factor: number): Promise<ReducedDay> {
  const dataDir = await mkdtemp(join(tmpdir(), 'connector-scale-'));
  const clock = createVirtualClock(startMs);
  const mixpanel = await startMixpanel({
    secret,
    projects: [{ projectId }],
    eventsPerDay: Math.round(scenario.eventsPerDay / factor / (1 + duplicateShare)),
    eventBytes: scenario.eventBytes,
    duplicates: duplicateShare,
    clock: clock.now,
  });
  const platform = await startPlatform({ dataDir, processingMs: 20 });
  try {
    return await deliverDay({ scenario, factor, clock, mixpanel, platform, dataDir });
  } finally {
    await platform.close();
    await mixpanel.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

interface Simulators {
  readonly scenario: Scenario;
  readonly factor: number;
  readonly clock: ReturnType<typeof createVirtualClock>;
  readonly mixpanel: MixpanelSimulator;
  readonly platform: PlatformSimulator;
  readonly dataDir: string;
}

async function deliverDay(simulators: Simulators): Promise<ReducedDay> {
  const { scenario, factor, clock, mixpanel, platform, dataDir } = simulators;
  const expected = expectedEvents(mixpanel, { projectId, date });
  const groups = divideByName(expected.bytesByName, scenario.sources);
  const settings = groups.map(({ names }, number) => settingsOf(number, names, simulators));
  const store = createMemoryObjectStore();
  const world = worldOf(simulators, store, settings);
  const sources = settings.map((source) => openReducedSource(world, source));
  for (const [number, source] of sources.entries()) {
    const gb = ((groups[number]?.bytes ?? 0) * (1 + duplicateShare) * factor) / 1e9;
    await pretendDayBefore(store, source.settings, gb * scenario.secondsPerGb.export * 1000);
    await source.windowQueue.queue.send({ date });
  }
  await runDry(sources, clock);
  const given = sources.flatMap(({ deadLetters }) => deadLetters.sent);
  if (given.length > 0) throw new Error(`there are dead letters: ${JSON.stringify(given)}`);
  const file = join(dataDir, 'active.ndjson');
  await platform.writeActive(localPlatform.datasetId, file);
  const rows = await rowIds(file);
  return {
    ...(await countsOf(store, clock.now, sources)),
    ...world.sent,
    queries: mixpanel.stats().requests,
    invocations: {
      export: sum(sources, ({ windowQueue }) => windowQueue.counts.work),
      load: sum(sources, ({ loadQueue }) => loadQueue.counts.work),
    },
    waits: sum(sources, ({ windowQueue, loadQueue }) => windowQueue.counts.waits + loadQueue.counts.waits),
    rows: rows.length,
    events: expected.ids.length,
    wrongRows: unmatched(rows, expected.ids),
  };
}

function worldOf(
  { scenario, factor, clock, platform }: Simulators,
  store: MemoryObjectStore,
  settings: readonly SourceSettings[],
): ReducedWorld {
  const [first] = settings;
  if (first === undefined) throw new Error('a day has at least one source');
  const { partBytes, eventBytes, uploads } = scenario;
  return {
    store,
    clock: clock.now,
    mixpanelSecret: secret,
    dailyWindows: dailyWindows(settings, first),
    // Half a line more: what a part has no room for at its end is as small a share of it as it would be in full size.
    partBytes: Math.round(partBytes / factor + eventBytes / 2),
    uploads: { ...uploads, fileBytes: Math.round(uploads.fileBytes / factor) },
    opened: { mapping: defaultMapping(), mappingHash: 'bench' },
    sent: { batches: 0, files: 0, rowBytes: 0 },
    platformIdle: () => platform.idle(),
  };
}

function settingsOf(
  number: number,
  events: readonly string[],
  { mixpanel, platform }: Simulators,
): SourceSettings {
  const { orgId, sandbox, datasetId, schemaId, tenant } = localPlatform;
  return sourceSchema.parse({
    id: `part-${number}`,
    mixpanel: { projectId, baseUrl: mixpanel.url, timestamps: 'utc', events },
    platform: {
      ...{ orgId, sandbox, datasetId, schemaId, tenant },
      ...{ baseUrl: platform.url, imsUrl: platform.url },
    },
  });
}

function defaultMapping() {
  const text = readFileSync(join(projectRoot, 'mappings', 'default.json'), 'utf8');
  const set = parseMappingSet(text, { variables: { TENANT: localPlatform.tenant } });
  return compileMapping(set, { profile: true });
}

/** A run of the day before that took as long as one of full size. */
async function pretendDayBefore(
  store: MemoryObjectStore,
  { id }: SourceSettings,
  tookMs: number,
): Promise<void> {
  const window = { source: id, date: previousWindow(date) };
  const run = { ...window, run: '20260308T040000000Z-00000000' };
  const begunMs = Date.UTC(2026, 2, 8, 4);
  const manifest = createManifest({
    run,
    startedAt: new Date(begunMs).toISOString(),
    completedAt: new Date(begunMs + tookMs).toISOString(),
    requests: 1,
    parts: [],
    duplicates: 0,
    content: [],
    timestamps: 'utc',
    timezone: 'UTC',
  });
  await store.put(manifestKey(run), JSON.stringify(manifest));
  await createLedgerStore(store, Date.now).update(window, (ledger) => ({
    ...ledger,
    exported: { run: run.run, request: 'the day before', at: manifest.completedAt },
  }));
}

/** Lets time pass until no message is left. */
async function runDry(sources: readonly ReducedSource[], clock: Simulators['clock']): Promise<void> {
  const queues = sources.flatMap(({ windowQueue, loadQueue }) => [windowQueue, loadQueue]);
  for (;;) {
    const next = Math.min(...queues.map(({ queue }) => queue.nextVisibleMs() ?? Number.POSITIVE_INFINITY));
    if (next === Number.POSITIVE_INFINITY) return;
    clock.advance(next - clock.now());
    for (const queue of queues) await queue.takeDue();
    clock.advance(1000);
  }
}

async function countsOf(store: MemoryObjectStore, clock: () => number, sources: readonly ReducedSource[]) {
  let [slices, parts, lines, bytes, uploads] = [0, 0, 0, 0, 0];
  for (const { settings, log } of sources) {
    const window = { source: settings.id, date };
    const { exported } = await createLedgerStore(store, clock).read(window);
    const text = store.objects.get(manifestKey({ ...window, run: exported?.run ?? '' }));
    const manifest = manifestSchema.parse(JSON.parse(String(text)));
    const plan = await createSlicedRunStore(store).readPlan(window);
    slices += plan?.slices.length ?? 0;
    parts += manifest.parts.length;
    lines += manifest.records;
    bytes += manifest.bytes;
    uploads += log.entries.filter(({ message }) => message === 'Load:Part:Uploaded').length;
  }
  return { slices, parts, lines, bytes, uploads };
}

function sum<Value>(values: readonly Value[], of: (value: Value) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}
