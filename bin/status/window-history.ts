import { inParallel } from '../../functions/shared/in-parallel.ts';
import type { Ledger } from '../../functions/shared/ledger.ts';
import { readLedger } from '../../functions/shared/ledger-store.ts';
import type { Manifest } from '../../functions/shared/manifest.ts';
import {
  ledgerKey,
  rejectedWindowPrefix,
  runOfManifestKey,
  windowPrefix,
} from '../../functions/shared/object-keys.ts';
import { type SeparateReads, separateReads, type Unreadable } from '../../functions/shared/unreadable.ts';
import { readManifestAt } from '../archive/read-manifest.ts';
import { awsConcurrency } from '../operator/aws-access.ts';
import { type DeadLetter, deadLetterQueues, peekDeadLetters } from '../operator/dead-letters.ts';
import type { Operator, OperatorSource } from '../operator/open-operator.ts';
import { type Places, placesOf } from './places.ts';
import { type RejectionReasons, rejectionReasons } from './rejection-reasons.ts';

/** Everything that is known of one window. */
export interface WindowHistory {
  readonly places: Places;
  readonly source: string;
  readonly date: string;
  readonly ledger: Ledger | undefined;
  /** Complete runs in the archive, newest first. */
  readonly runs: readonly Manifest[];
  /** Why records of the newest run that has any were rejected. */
  readonly rejected: RejectionReasons | undefined;
  readonly deadLetters: readonly DeadLetter[];
  /** The ledger and manifests that can't be read: the window has them, and they are not among the above. */
  readonly unreadable: readonly Unreadable[];
}

/** A window's dead letters are looked for among so many. */
const mostLookedAt = 200;

export async function readHistory(
  operator: Operator,
  source: OperatorSource,
  date: string,
): Promise<WindowHistory> {
  const { store, aws } = operator;
  const reads = separateReads();
  const window = { source: source.settings.id, date };
  const [ledger, runs, rejected, letters] = await Promise.all([
    reads.read(ledgerKey(window), () => readLedger(store, window)),
    readRuns(store, windowPrefix(window), reads),
    rejectionReasons(store, rejectedWindowPrefix(window)),
    Promise.all(deadLetterQueues(source).map((queue) => peekDeadLetters(aws.sqs, queue, mostLookedAt))),
  ]);
  return {
    ...window,
    places: placesOf(operator, source),
    ledger,
    runs,
    rejected,
    deadLetters: letters.flatMap((queue) => queue.letters).filter((one) => one.window === date),
    unreadable: reads.unreadable(),
  };
}

async function readRuns(store: Operator['store'], prefix: string, reads: SeparateReads): Promise<Manifest[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) if (runOfManifestKey(key) !== undefined) keys.push(key);
  const manifests = await inParallel(keys, awsConcurrency, (key) =>
    reads.read(key, () => readManifestAt(store, key)),
  );
  return manifests
    .filter((manifest) => manifest !== undefined)
    .sort((one, other) => other.run.localeCompare(one.run));
}
