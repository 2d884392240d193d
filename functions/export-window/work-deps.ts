import type { LedgerStore } from '../shared/ledger-store.ts';
import type { MessageQueue } from '../shared/message-queue.ts';
import type { Metrics } from '../shared/metrics.ts';
import type { MixpanelClient } from '../shared/mixpanel/mixpanel-client.ts';
import type { QueryBudget } from '../shared/query-budget.ts';
import type { BackfillDeps } from './backfill-range.ts';
import type { ExportDeps } from './export-deps.ts';
import type { SlicedRunStore } from './slices/sliced-run-store.ts';

export interface ExportWorkDeps extends Omit<ExportDeps, 'privacyKey'>, BackfillDeps {
  readonly mixpanel: MixpanelClient;
  /** Reads the key of hashed properties; only where the source hashes any. */
  readonly readPrivacyKey?: () => Promise<string>;
  readonly ledgers: LedgerStore;
  readonly slicedRuns: SlicedRunStore;
  readonly budget: QueryBudget;
  readonly metrics: Metrics;
  readonly loadQueue: MessageQueue;
}

/** One window of a message, and who asked for it. */
export interface WindowRequest {
  readonly date: string;
  /** The same however often the message is repeated: a repeated request does not export again. */
  readonly request: string;
  readonly reason: string | null;
  readonly reload: boolean;
  readonly kind: 'daily' | 'backfill';
  /** Id of the range message that the window belongs to; null for a window asked for alone. */
  readonly backfill: string | null;
}
