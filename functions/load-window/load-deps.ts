import { createHash } from 'node:crypto';
import type { DeliveryBudget } from '../shared/delivery-budget.ts';
import { TerminalError } from '../shared/errors.ts';
import type { LedgerStore } from '../shared/ledger-store.ts';
import type { Log } from '../shared/log.ts';
import { type Manifest, manifestSchema } from '../shared/manifest.ts';
import type { MessageQueue } from '../shared/message-queue.ts';
import type { LoadMessage } from '../shared/messages.ts';
import type { Metrics } from '../shared/metrics.ts';
import { manifestKey, type RunRef } from '../shared/object-keys.ts';
import type { ObjectStore } from '../shared/object-store.ts';
import { parseJsonWith } from '../shared/parse.ts';
import type { Batches } from '../shared/platform/batches.ts';
import type { Inlet } from '../shared/platform/inlet.ts';
import type { RefusedRows } from '../shared/platform/refused-rows.ts';
import type { SourceSettings } from '../shared/source-settings.ts';
import type { BatchSize } from './batch-size.ts';
import type { OpenedMapping, OpenMapping } from './open-mapping.ts';
import type { UploadSizes } from './upload-plan.ts';

/** What loading needs of the world. */
export interface LoadDeps {
  readonly stackName: string;
  readonly settings: SourceSettings;
  readonly store: ObjectStore;
  readonly ledgers: LedgerStore;
  readonly batches: Batches;
  readonly budget: DeliveryBudget;
  readonly refusedRows: RefusedRows;
  /** Where rows are streamed to; only for a source whose rows are not delivered in batches. */
  readonly inlet?: Inlet | undefined;
  readonly loadQueue: MessageQueue;
  readonly openMapping: OpenMapping;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
  /** @default uploadSizes */
  readonly sizes?: UploadSizes;
  /** @default Platform's limits */
  readonly maxBatchSize?: BatchSize;
}

/** What mapping a run needs besides. */
export interface MapDeps extends LoadDeps, OpenedMapping {}

export function runOf(deps: LoadDeps, message: LoadMessage): RunRef {
  return { source: deps.settings.id, date: message.date, run: message.run };
}

interface ManifestDeps {
  readonly store: Pick<ObjectStore, 'getText'>;
}

/** @throws {TerminalError} when the run has no manifest: it was never complete, or has expired. */
export async function readManifest(deps: ManifestDeps, run: RunRef): Promise<Manifest> {
  const key = manifestKey(run);
  const found = await deps.store.getText(key);
  if (found === undefined) {
    throw new TerminalError(
      'run_missing',
      `reading ${key}: there is no such manifest; export the window again`,
    );
  }
  return parseJsonWith(manifestSchema, found.text, `reading the manifest ${key}`);
}

/**
 * Changes when the same rules, on the same lines, give other rows, or the same rows other files: then every window
 * counts as changed, and no delivery is gone on with whose first files were divided otherwise.
 */
const engineVersion = 5;

/**
 * Of all that decides which rows a run's lines become: the mapping with its target's schema, how the run's times are
 * read, the Profile limit.
 * A delivery is made with one of it from its first part to its last; a run is `unchanged` only if it is the same.
 */
export function deliveryMappingHash(
  deps: Pick<MapDeps, 'mappingHash' | 'settings'>,
  { timestamps, timezone }: Pick<Manifest, 'timestamps' | 'timezone'>,
): string {
  const shaping = [engineVersion, deps.mappingHash, timestamps, timezone, deps.settings.platform.profile];
  // A delivery begun in one way must not be ended in the other: what was streamed is in no batch.
  if (deps.settings.platform.delivery === 'streaming') shaping.push('streaming');
  return createHash('sha256').update(JSON.stringify(shaping)).digest('hex');
}
