import { createExportWork } from '../../../functions/export-window/export-work.ts';
import { createSlicedRunStore } from '../../../functions/export-window/slices/sliced-run-store.ts';
import { createLoadWork } from '../../../functions/load-window/load-work.ts';
import type { OpenedMapping } from '../../../functions/load-window/open-mapping.ts';
import type { UploadSizes } from '../../../functions/load-window/upload-plan.ts';
import { createBackfillStore } from '../../../functions/shared/backfill-store.ts';
import { createDeliveryBudget } from '../../../functions/shared/delivery-budget.ts';
import { createLedgerStore } from '../../../functions/shared/ledger-store.ts';
import type { WorkQueue } from '../../../functions/shared/message-queue.ts';
import { createMixpanelClient } from '../../../functions/shared/mixpanel/mixpanel-client.ts';
import type { ObjectStore } from '../../../functions/shared/object-store.ts';
import { createBatches } from '../../../functions/shared/platform/batches.ts';
import { sandboxOf } from '../../../functions/shared/platform/guardrails.ts';
import { createTokenSource } from '../../../functions/shared/platform/ims-token.ts';
import { createPlatformClient } from '../../../functions/shared/platform/platform-client.ts';
import { createRefusedRows } from '../../../functions/shared/platform/refused-rows.ts';
import { createQueryBudget } from '../../../functions/shared/query-budget.ts';
import { type QueueWork, settleMessage } from '../../../functions/shared/settle-message.ts';
import type { SourceSettings } from '../../../functions/shared/source-settings.ts';
import { maxReceiveCount } from '../../../lib/constructs/work-queue.ts';
import { maxExports, maxLoads } from '../../../lib/mixpanel-source.ts';
import { workTimeout } from '../../../lib/source-functions.ts';
import { defaultUsername } from '../../simulators/mixpanel/options.ts';
import { localPlatform } from '../../simulators/platform/options.ts';
import { createMemoryQueue, type MemoryQueue } from '../../support/memory-queue.ts';
import { createRecordedLog, type RecordedLog } from '../../support/recorded-log.ts';
import { createRecordedMetrics } from '../../support/recorded-metrics.ts';
import { createVirtualQueue, type VirtualQueue } from '../../support/virtual-queue.ts';

const timeoutMs = workTimeout.toMilliseconds();

/** A queue with the function that takes its messages. */
export interface ReducedQueue {
  readonly queue: VirtualQueue;
  /** Invocations that did something, and those that only found that it is too early. */
  readonly counts: { work: number; waits: number };
  /** Takes as many messages at once as is deployed. */
  takeDue(): Promise<void>;
}

export interface ReducedSource {
  readonly settings: SourceSettings;
  readonly log: RecordedLog;
  readonly windowQueue: ReducedQueue;
  readonly loadQueue: ReducedQueue;
  readonly deadLetters: MemoryQueue;
}

/** What all sources of the reduced day share. */
export interface ReducedWorld {
  readonly store: ObjectStore;
  readonly clock: () => number;
  readonly mixpanelSecret: string;
  readonly dailyWindows: number;
  readonly partBytes: number;
  readonly uploads: UploadSizes;
  readonly opened: OpenedMapping;
  /** What Platform was asked for. */
  readonly sent: { batches: number; files: number; rowBytes: number };
  /** Lets Platform ingest what is complete. */
  readonly platformIdle: () => Promise<void>;
}

/** The functions' own code for one source, against the world's simulators. */
export function openReducedSource(world: ReducedWorld, settings: SourceSettings): ReducedSource {
  const { store, clock } = world;
  const shared = { settings, store, clock, log: createRecordedLog(), metrics: createRecordedMetrics() };
  const ledgers = createLedgerStore(store, clock);
  const deadLetters = createMemoryQueue();
  const queueOf = () =>
    createVirtualQueue({
      clock: { now: clock, advance: () => {} },
      visibilityMs: 6 * timeoutMs,
      maxReceiveCount,
    });
  const [windows, loads] = [queueOf(), queueOf()];
  const setup = { ...shared, deadLetters, maxReceiveCount };
  const windowQueue = reducedQueue(windows, maxExports, (queue) => ({
    ...setup,
    queue,
    work: exportWork(world, { ...shared, ledgers, windowQueue: queue, loadQueue: loads }),
  }));
  const loadQueue = reducedQueue(loads, maxLoads, (queue) => ({
    ...setup,
    queue,
    work: loadWork(world, { ...shared, ledgers, loadQueue: queue }),
  }));
  return { settings, log: shared.log, windowQueue, loadQueue, deadLetters };
}

type Setup = Parameters<typeof settleMessage>[0];

function reducedQueue(
  queue: VirtualQueue,
  concurrency: number,
  setupOf: (queue: WorkQueue) => Setup,
): ReducedQueue {
  const counts = { work: 0, waits: 0 };
  const counted: WorkQueue = {
    hide: (receiptHandle, seconds) => queue.hide(receiptHandle, seconds),
    async send(body, options) {
      if (options?.attributes?.deferrals !== undefined) counts.waits += 1;
      await queue.send(body, options);
    },
  };
  const setup = setupOf(counted);
  return {
    queue,
    counts,
    async takeDue() {
      const taken = queue.receive(concurrency);
      const waitsBefore = counts.waits;
      await Promise.all(
        taken.map(async (message) => {
          await settleMessage(setup, message, () => timeoutMs);
          queue.delete(message.receiptHandle);
        }),
      );
      counts.work += taken.length - (counts.waits - waitsBefore);
    },
  };
}

type ExportParts = Omit<
  Parameters<typeof createExportWork>[0],
  'backfills' | 'mixpanel' | 'slicedRuns' | 'budget' | 'limits'
>;

function exportWork(world: ReducedWorld, parts: ExportParts): QueueWork {
  const { settings, store, clock } = parts;
  const credential = {
    kind: 'serviceAccount',
    username: defaultUsername,
    secret: world.mixpanelSecret,
  } as const;
  const credentials = { get: async () => credential, refresh: async () => credential };
  return createExportWork({
    ...parts,
    backfills: createBackfillStore(store, clock),
    slicedRuns: createSlicedRunStore(store),
    mixpanel: createMixpanelClient({ ...settings.mixpanel, credentials, clock }),
    budget: createQueryBudget(store, {
      ...settings.mixpanel,
      dailyReserve: settings.schedule.lookbackDays + 1,
      clock,
    }),
    limits: { maxPartBytes: world.partBytes },
  });
}

type LoadParts = Omit<
  Parameters<typeof createLoadWork>[0],
  'stackName' | 'batches' | 'budget' | 'refusedRows' | 'openMapping' | 'sizes'
>;

function loadWork(world: ReducedWorld, parts: LoadParts): QueueWork {
  const { platform } = parts.settings;
  const secret = { clientId: localPlatform.clientId, clientSecret: localPlatform.clientSecret };
  const reader = { get: async () => secret, refresh: async () => secret };
  // The token's time is Platform's, which is not the simulated one.
  const tokens = createTokenSource({
    imsUrl: platform.imsUrl ?? '',
    scopes: 'openid',
    secret: reader,
    clock: Date.now,
  });
  const client = createPlatformClient({ ...platform, tokens, clock: Date.now });
  const batches = createBatches(client, platform.wire);
  const work = createLoadWork({
    ...parts,
    stackName: 'Bench',
    batches: {
      ...batches,
      create: (request) => {
        world.sent.batches += 1;
        return batches.create(request);
      },
      putFile: (...file) => {
        const body = file[3];
        world.sent.files += 1;
        world.sent.rowBytes += body.reduce((sum, piece) => sum + piece.length, 0);
        return batches.putFile(...file);
      },
    },
    budget: createDeliveryBudget(parts.store, {
      sandbox: sandboxOf(parts.settings),
      dailyBatchBudget: platform.dailyBatchBudget,
      dailyReserve: world.dailyWindows,
      clock: parts.clock,
    }),
    refusedRows: createRefusedRows(client, platform.wire),
    openMapping: async () => world.opened,
    sizes: world.uploads,
  });
  return {
    ...work,
    async handle(message, deadline) {
      if (message.body.includes('"confirm"')) await world.platformIdle();
      await work.handle(message, deadline);
    },
  };
}
