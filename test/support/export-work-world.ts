import type { ExportLimits } from '../../functions/export-window/export-deps.ts';
import { createExportWork } from '../../functions/export-window/export-work.ts';
import { createSlicedRunStore } from '../../functions/export-window/slices/sliced-run-store.ts';
import type { ExportWorkDeps } from '../../functions/export-window/work-deps.ts';
import { createBackfillStore } from '../../functions/shared/backfill-store.ts';
import { createLedgerStore } from '../../functions/shared/ledger-store.ts';
import type { MessageQueue } from '../../functions/shared/message-queue.ts';
import { type DeliverMessage, loadMessageSchema } from '../../functions/shared/messages.ts';
import { explainRefusal, type RegionHost } from '../../functions/shared/mixpanel/explain-refusal.ts';
import { createMixpanelClient } from '../../functions/shared/mixpanel/mixpanel-client.ts';
import { runOfManifestKey, windowPrefix } from '../../functions/shared/object-keys.ts';
import type { ObjectStore } from '../../functions/shared/object-store.ts';
import { createQueryBudget } from '../../functions/shared/query-budget.ts';
import {
  type ReceivedMessage,
  settleMessage,
  settlingReserveMs,
} from '../../functions/shared/settle-message.ts';
import { sourceSchema } from '../../functions/shared/source-settings.ts';
import { archiveRights } from '../../lib/archive-rights.ts';
import { defaultUsername, type MixpanelOptions } from '../simulators/mixpanel/options.ts';
import { startMixpanel } from '../simulators/mixpanel/server.ts';
import { allowedStore } from './allowed-store.ts';
import type { CrashingProcess } from './crash.ts';
import { createMemoryObjectStore } from './memory-object-store.ts';
import { createMemoryQueue } from './memory-queue.ts';
import { createRecordedLog } from './recorded-log.ts';
import { createRecordedMetrics } from './recorded-metrics.ts';
import { createVirtualClock, createVirtualQueue } from './virtual-queue.ts';

export const source = 'shop';
export const projectId = 7;
export const secret = 'a-secret-of-some-length';

/** As deployed: Lambda's 15 minutes, the queue's six times that, ten receives, two messages at once. */
const timeoutMs = 900_000;
const maxReceiveCount = 10;
const concurrency = 2;

export interface ExportWorkWorldOptions {
  readonly startMs?: number;
  readonly mixpanel?: Partial<MixpanelOptions>;
  readonly source?: { readonly mixpanel?: object; readonly schedule?: object };
  /** How often each window message comes. @default 1 */
  readonly copies?: number;
  /** How long a message takes, by the virtual clock. @default 1 s */
  readonly workMs?: number;
  readonly crash?: CrashingProcess;
  /** The time that a function has for its work, in real milliseconds; what it takes is seen by the clock. */
  readonly allowedMs?: number;
  readonly limits?: ExportLimits;
  /** Hosts of other regions. @default none */
  readonly otherRegions?: readonly RegionHost[];
  /** @default Stack/shop/mixpanel */
  readonly secretId?: string;
}

/** Everything export-window meets: memory stores and queues, and the Mixpanel simulator over HTTP, by one virtual clock. */
export async function createExportWorkWorld(options: ExportWorkWorldOptions = {}) {
  const clock = createVirtualClock(
    options.startMs ?? Date.UTC(2026, 2, 9, 4),
    options.allowedMs !== undefined,
  );
  const mixpanel = await startMixpanel({
    secret,
    projects: [{ projectId }],
    eventsPerDay: 3,
    clock: clock.now,
    ...options.mixpanel,
  });
  const { crash } = options;
  const guard = <Target extends object>(target: Target): Target => crash?.guard(target) ?? target;
  const objects = createMemoryObjectStore();
  const windowQueue = createVirtualQueue({
    clock,
    visibilityMs: 6 * timeoutMs,
    maxReceiveCount,
    copies: options.copies ?? 1,
  });
  const loadQueue = createMemoryQueue();
  const deadLetters = createMemoryQueue();
  const log = createRecordedLog();
  const metrics = createRecordedMetrics();
  const credential = { kind: 'serviceAccount', username: defaultUsername, secret } as const;
  const settings = sourceSchema.parse({
    id: source,
    platform: { orgId: 'o@AdobeOrg', sandbox: 'prod', datasetId: 'd', schemaId: 's', tenant: 'acme' },
    ...options.source,
    mixpanel: {
      projectId,
      baseUrl: mixpanel.url,
      appUrl: mixpanel.url,
      timestamps: 'utc',
      ...options.source?.mixpanel,
    },
  });
  const allowed = allowedStore(objects, archiveRights(settings).exportWindow);
  const store = guard<ObjectStore>(allowed);
  const budgetShares = { ...settings.mixpanel, dailyReserve: settings.schedule.lookbackDays + 1 };
  const deps: ExportWorkDeps = {
    settings,
    store,
    ledgers: createLedgerStore(store, clock.now),
    backfills: createBackfillStore(store, clock.now),
    slicedRuns: createSlicedRunStore(store),
    budget: createQueryBudget(store, { ...budgetShares, clock: clock.now }),
    mixpanel: guard(
      createMixpanelClient({
        ...settings.mixpanel,
        credentials: { get: async () => credential, refresh: async () => credential },
        secretId: options.secretId ?? 'Stack/shop/mixpanel',
        explainRefusal: (credential) =>
          explainRefusal({
            credential,
            projectId: settings.mixpanel.projectId,
            hosts: [settings.mixpanel, ...(options.otherRegions ?? [])],
          }),
        clock: clock.now,
      }),
    ),
    windowQueue: guard<MessageQueue>(windowQueue),
    loadQueue: guard<MessageQueue>(loadQueue),
    clock: clock.now,
    log,
    metrics,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  };
  const events: { readonly atMs: number; readonly act: () => Promise<void> | void }[] = [];
  /** Start of each query that Mixpanel was asked, in order, by its own clock. */
  const queries: { readonly atMs: number; readonly day: string; readonly status: number | null }[] = [];
  let requestsSeen = 0;
  const invocationMs = options.allowedMs === undefined ? timeoutMs : options.allowedMs + settlingReserveMs;

  function noteQueries(): void {
    const fresh = mixpanel.stats().requests - requestsSeen;
    requestsSeen += fresh;
    if (fresh === 0) return;
    for (const { at, path, query, status } of mixpanel.requests().slice(-fresh)) {
      // The application API's requests are no queries.
      if (!path.endsWith('/export')) continue;
      queries.push({ atMs: Date.parse(at), day: query.from_date ?? '', status });
    }
  }

  /** One receive, settled as the deployed function settles it; Lambda then deletes the message. */
  async function receive(message: ReceivedMessage, changed: Partial<ExportWorkDeps>): Promise<void> {
    const setup = {
      queue: guard(windowQueue),
      deadLetters: guard<MessageQueue>(deadLetters),
      maxReceiveCount,
      log,
      metrics,
      work: createExportWork({ ...deps, ...changed }),
    };
    try {
      await settleMessage(setup, message, () => invocationMs);
    } catch {
      // It comes back by itself: SQS, and not the function, keeps it.
      return;
    }
    if (!(crash?.isDead() ?? false)) windowQueue.delete(message.receiptHandle);
  }

  /** Lets time pass and messages come until there is neither message nor event left, or until told to stop. */
  async function run(
    settled: {
      readonly until?: () => boolean | Promise<boolean>;
      readonly with?: Partial<ExportWorkDeps>;
    } = {},
  ): Promise<void> {
    // Far more than any scenario needs; an endless loop is a defect, and shall fail and not hang.
    for (let step = 0; step < 20_000; step += 1) {
      if ((await settled.until?.()) === true) return;
      events.sort((one, other) => one.atMs - other.atMs);
      const next = Math.min(windowQueue.nextVisibleMs() ?? Infinity, events[0]?.atMs ?? Infinity);
      if (next === Infinity) return;
      clock.advance(next - clock.now());
      const event = (events[0]?.atMs ?? Infinity) <= clock.now() ? events.shift() : undefined;
      if (event !== undefined) {
        await event.act();
        continue;
      }
      await Promise.all(
        windowQueue.receive(concurrency).map((message) => receive(message, settled.with ?? {})),
      );
      crash?.revive();
      noteQueries();
      clock.advance(options.workMs ?? 1000);
    }
    throw new Error('the queue does not run dry');
  }

  /** Runs of a window whose manifest is there, oldest first. */
  function completeRuns(date: string): string[] {
    const prefix = windowPrefix({ source, date });
    return [...objects.objects.keys()]
      .filter((key) => key.startsWith(prefix))
      .flatMap((key) => runOfManifestKey(key) ?? [])
      .sort();
  }

  return {
    deps,
    clock,
    mixpanel,
    objects,
    windowQueue,
    deadLetters,
    log,
    metrics,
    queries,
    budgetShares,
    run,
    completeRuns,
    at: (atMs: number, act: () => Promise<void> | void) => void events.push({ atMs, act }),
    ledger: (date: string) => createLedgerStore(objects, clock.now).read({ source, date }),
    backfills: createBackfillStore(objects, clock.now),
    delivers: (): DeliverMessage[] =>
      loadQueue.sent.map(({ body }) => loadMessageSchema.parse(body)).filter(isDeliver),
    async close() {
      await mixpanel.close();
      allowed.requireNoneDenied();
    },
  };
}

function isDeliver(message: { readonly type: string }): message is DeliverMessage {
  return message.type === 'deliver';
}

export type ExportWorkWorld = Awaited<ReturnType<typeof createExportWorkWorld>>;
