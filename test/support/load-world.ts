import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as z from 'zod';
import type { LoadDeps } from '../../functions/load-window/load-deps.ts';
import { createLoadWork } from '../../functions/load-window/load-work.ts';
import type { OpenedMapping } from '../../functions/load-window/open-mapping.ts';
import { createDeliveryBudget } from '../../functions/shared/delivery-budget.ts';
import {
  ConnectorError,
  DeferredError,
  RetryableError,
  TerminalError,
} from '../../functions/shared/errors.ts';
import { createLedgerStore } from '../../functions/shared/ledger-store.ts';
import { createLineSet, type MutableLineSet } from '../../functions/shared/line-set.ts';
import type { Manifest } from '../../functions/shared/manifest.ts';
import type { CompiledMapping } from '../../functions/shared/mapping/index.ts';
import type { DeliverMessage } from '../../functions/shared/messages.ts';
import { manifestKey, partKey, partName, supersededKey } from '../../functions/shared/object-keys.ts';
import { createBatches } from '../../functions/shared/platform/batches.ts';
import { sandboxOf } from '../../functions/shared/platform/guardrails.ts';
import { createTokenSource } from '../../functions/shared/platform/ims-token.ts';
import { openInlet } from '../../functions/shared/platform/inlet.ts';
import { createPlatformClient } from '../../functions/shared/platform/platform-client.ts';
import { createRefusedRows } from '../../functions/shared/platform/refused-rows.ts';
import { sourceSchema } from '../../functions/shared/source-settings.ts';
import { writeSuperseded } from '../../functions/shared/superseded.ts';
import { archiveRights } from '../../lib/archive-rights.ts';
import { localPlatform, type PlatformOptions } from '../simulators/platform/options.ts';
import { startPlatform } from '../simulators/platform/server.ts';
import { allowedStore } from './allowed-store.ts';
import { createMemoryObjectStore } from './memory-object-store.ts';
import { createMemoryQueue } from './memory-queue.ts';
import { createRecordedLog } from './recorded-log.ts';
import { createRecordedMetrics } from './recorded-metrics.ts';

export const window = { source: 'shop', date: '2026-03-08' };
export const { datasetId } = localPlatform;

/** What a handled message came to. */
export type Fate = 'done' | 'deferred' | 'retried' | 'given up';

const recordSchema = z.object({
  event: z.string(),
  connector: z.object({ id: z.string(), timestamp: z.string().optional() }),
});

/** Maps an event to the least that Platform takes; an event of that name is rejected. */
export function mappingRejecting(name: string | undefined): CompiledMapping {
  return {
    map(record) {
      const { connector, event } = recordSchema.parse(record);
      if (event === name) {
        return {
          output: null,
          text: undefined,
          errors: [],
          rejected: [{ path: 'eventType', reason: 'it is bad' }],
        };
      }
      const output = { _id: connector.id, timestamp: connector.timestamp, eventType: event };
      return { output, text: JSON.stringify(output), errors: [], rejected: [] };
    },
  };
}

/** Everything load-window meets: a store in memory, and the Platform simulator over HTTP. */
export async function createLoadWorld(
  options: { platform?: Partial<PlatformOptions>; source?: object } = {},
) {
  const dataDir = await mkdtemp(join(tmpdir(), 'connector-load-'));
  const platform = await startPlatform({ dataDir, processingMs: 20, ...options.platform });
  const store = createMemoryObjectStore();
  const loadQueue = createMemoryQueue();
  const log = createRecordedLog();
  const metrics = createRecordedMetrics();
  const deadLetters: { body: string; code: string; reason: string }[] = [];
  const clock = Date.now;
  const settings = sourceSchema.parse({
    id: window.source,
    mixpanel: { projectId: 7 },
    platform: {
      orgId: localPlatform.orgId,
      sandbox: localPlatform.sandbox,
      datasetId,
      schemaId: localPlatform.schemaId,
      tenant: localPlatform.tenant,
      baseUrl: platform.url,
      imsUrl: platform.url,
      inletUrl: `${platform.url}/collection/${localPlatform.inletId}`,
      ...options.source,
    },
  });
  const secret = { clientId: localPlatform.clientId, clientSecret: localPlatform.clientSecret };
  const reader = { get: async () => secret, refresh: async () => secret };
  const tokens = createTokenSource({ imsUrl: platform.url, scopes: 'openid', secret: reader, clock });
  const client = createPlatformClient({ ...settings.platform, tokens, clock });
  const allowed = allowedStore(store, archiveRights(settings).loadWindow);
  const deps: LoadDeps = {
    stackName: 'Stack',
    settings,
    store: allowed,
    ledgers: createLedgerStore(allowed, clock),
    batches: createBatches(client, settings.platform.wire),
    budget: createDeliveryBudget(allowed, {
      sandbox: sandboxOf(settings),
      dailyBatchBudget: settings.platform.dailyBatchBudget,
      dailyReserve: 6,
      clock,
    }),
    refusedRows: createRefusedRows(client, settings.platform.wire),
    ...(settings.platform.delivery === 'streaming'
      ? { inlet: openInlet(settings.platform, { tokens, clock }) }
      : {}),
    loadQueue,
    openMapping: async () => ({ mapping: mappingRejecting('bad'), mappingHash: 'mapping-1' }),
    clock,
    log,
    metrics,
  };

  /** One receive of a message, settled as the queue handler settles it; waiting times are passed over. */
  async function receive(
    body: unknown,
    {
      receiveCount = 1,
      lastReceive = false,
      with: changed = {},
      signal = new AbortController().signal,
    }: ReceiveOptions = {},
  ): Promise<Fate> {
    const { mapping = mappingRejecting('bad'), mappingHash = 'mapping-1', ...others } = changed;
    const work = createLoadWork({
      ...deps,
      openMapping: async () => ({ mapping, mappingHash }),
      ...others,
    });
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const message = { body: text, receiptHandle: 'r', receiveCount, request: 'q', deferrals: 0 };
    try {
      await work.handle(message, { signal, remainingMs: () => 900_000 });
      return 'done';
    } catch (cause) {
      const error =
        cause instanceof ConnectorError ? cause : new RetryableError('unexpected', 'handling', { cause });
      if (error instanceof DeferredError) return 'deferred';
      if (!(error instanceof TerminalError) && error.retryable && !lastReceive) return 'retried';
      deadLetters.push({ body: await work.giveUp(message, error), code: error.code, reason: error.message });
      return 'given up';
    }
  }

  /** Handles messages until none is left; what has to wait or failed in passing comes again. */
  async function drain(first?: DeliverMessage, changed: ChangedDeps = {}): Promise<void> {
    const waiting: unknown[] = first === undefined ? [] : [first];
    // Far more than any scenario needs on the slowest machine; an endless loop is a defect, and shall fail and not hang.
    for (let step = 0; step < 5000; step += 1) {
      waiting.push(...loadQueue.sent.splice(0).map(({ body }) => body));
      const next = waiting.shift();
      if (next === undefined) return;
      const fate = await receive(next, { with: changed });
      if (fate === 'deferred' || fate === 'retried') waiting.push(next);
      // Platform needs a moment to ingest.
      if (waiting.length <= 1) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error('the queue does not run dry');
  }

  /** Stores a complete run: its lines in parts of `linesPerPart`, those of these numbers superseded. */
  async function storeRun(
    run: string,
    lines: readonly string[],
    linesPerPart = 1000,
    { superseded = [], ...changed }: StoredRunOptions = {},
  ): Promise<Manifest> {
    const at = { ...window, run, ...(changed.date === undefined ? {} : { date: changed.date }) };
    const parts: Manifest['parts'] = [];
    for (let first = 0; first < lines.length; first += linesPerPart) {
      const some = lines.slice(first, first + linesPerPart);
      const text = some.map((line) => `${line}\n`).join('');
      const gzip = gzipSync(text);
      const key = partKey(at, parts.length);
      await store.put(key, gzip);
      const sha256 = createHash('sha256').update(gzip).digest('hex');
      parts.push({
        key,
        records: some.length,
        bytes: Buffer.byteLength(text),
        gzipBytes: gzip.length,
        sha256,
      });
    }
    if (superseded.length > 0)
      await writeSuperseded(store, supersededKey(at), lineSets(parts, linesPerPart, superseded));
    const moment = new Date(0).toISOString();
    const kept = lines.filter((_, number) => !superseded.includes(number));
    const manifest: Manifest = {
      version: 1,
      ...at,
      startedAt: moment,
      completedAt: moment,
      requests: 1,
      parts,
      records: lines.length,
      duplicates: superseded.length,
      bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
      contentHash: createHash('sha256')
        .update([...kept].sort().join('\n'))
        .digest('hex'),
      timestamps: 'utc',
      timezone: 'UTC',
      ...changed,
    };
    await store.put(manifestKey(at), JSON.stringify(manifest));
    return manifest;
  }

  /** `_id`s of the rows in the dataset's active batches, sorted; doubled rows show. */
  async function activeEvents(): Promise<string[]> {
    await platform.idle();
    const file = join(dataDir, 'active.ndjson');
    await platform.writeActive(datasetId, file);
    const rows = (await readFile(file, 'utf8')).split('\n').filter((row) => row !== '');
    return rows.map((row) => z.object({ eventType: z.string() }).parse(JSON.parse(row)).eventType).sort();
  }

  return {
    deps,
    client,
    tokens,
    platform,
    store,
    log,
    metrics,
    loadQueue,
    deadLetters,
    receive,
    drain,
    storeRun,
    activeEvents,
    ledger: () => deps.ledgers.read(window),
    async close() {
      await platform.close();
      await rm(dataDir, { recursive: true, force: true });
      allowed.requireNoneDenied();
    },
  };
}

/** What is different for some messages; a mapping is given as it is, or by the way in which it is opened. */
type ChangedDeps = Partial<LoadDeps & OpenedMapping>;

export interface StoredRunOptions extends Partial<Pick<Manifest, 'timestamps' | 'timezone' | 'date'>> {
  /** Numbers of lines that lost against a duplicate. */
  readonly superseded?: readonly number[];
}

function lineSets(parts: Manifest['parts'], linesPerPart: number, numbers: readonly number[]) {
  const sets = new Map<number, MutableLineSet>();
  for (const number of numbers) {
    const part = Math.floor(number / linesPerPart);
    const set = sets.get(part) ?? createLineSet(parts[part]?.records ?? 0);
    set.add(number % linesPerPart);
    sets.set(part, set);
  }
  return [...sets].map(([part, set]) => [partName(part), set] as const);
}

export interface ReceiveOptions {
  readonly receiveCount?: number;
  readonly lastReceive?: boolean;
  readonly with?: ChangedDeps;
  /** Aborts when the function's time is nearly over. */
  readonly signal?: AbortSignal;
}

export type LoadWorld = Awaited<ReturnType<typeof createLoadWorld>>;

/** Lines of events named e0, e1 …; `tag` makes them differ between runs. */
export function eventLines(count: number, tag = 'e'): string[] {
  return Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      event: `${tag}${index}`,
      properties: { time: 1_772_964_000 + index, distinct_id: 'u', $insert_id: `${tag}-${index}` },
    }),
  );
}

export function eventNames(count: number, tag = 'e'): string[] {
  return Array.from({ length: count }, (_, index) => `${tag}${index}`).sort();
}

export function deliver(run: string, request = `request of ${run}`): DeliverMessage {
  return { version: 1, type: 'deliver', date: window.date, run, request, reload: false, reason: null };
}
