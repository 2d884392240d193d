import type { ForgottenPeople, IsForgotten } from '../../functions/shared/forgotten.ts';
import type { LedgerStore } from '../../functions/shared/ledger-store.ts';
import type { MessageQueue } from '../../functions/shared/message-queue.ts';
import type { ObjectStore } from '../../functions/shared/object-store.ts';
import type { ForgetRecordStore } from './forget-record.ts';

/** What forgetting needs of the world. */
export interface ForgetDeps {
  readonly source: string;
  readonly store: ObjectStore;
  readonly ledgers: LedgerStore;
  readonly windowQueue: MessageQueue;
  readonly record: ForgetRecordStore;
  readonly forgotten: ForgottenPeople;
  readonly isForgotten: IsForgotten;
  /** The same of an id alone. */
  readonly isOnList: (id: string) => boolean;
  /** Everybody on the source's list. */
  readonly digests: readonly string[];
  /** Whether a window is delivered by a batch, which a reload replaces. */
  readonly reloads: boolean;
  readonly reason: string;
  readonly clock: () => number;
}
