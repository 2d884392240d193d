import { inParallel } from '../../functions/shared/in-parallel.ts';
import type { Ledger } from '../../functions/shared/ledger.ts';
import { readLedger } from '../../functions/shared/ledger-store.ts';
import type { Manifest } from '../../functions/shared/manifest.ts';
import { rejectedWindowPrefix, runOfManifestKey, windowPrefix } from '../../functions/shared/object-keys.ts';
import { readManifestAt } from '../archive/read-manifest.ts';
import { awsConcurrency } from '../operator/aws-access.ts';
import { type DeadLetter, deadLetterQueues, peekDeadLetters } from '../operator/dead-letters.ts';
import type { Operator, OperatorSource } from '../operator/open-operator.ts';
import { type RejectionReasons, rejectionReasons } from './rejection-reasons.ts';

/** Everything that is known of one window. */
export interface WindowHistory {
  readonly source: string;
  readonly date: string;
  readonly ledger: Ledger | undefined;
  /** Complete runs in the archive, newest first. */
  readonly runs: readonly Manifest[];
  /** Why records of the newest run that has any were rejected. */
  readonly rejected: RejectionReasons | undefined;
  readonly deadLetters: readonly DeadLetter[];
}

/** A window's dead letters are looked for among so many. */
const mostLookedAt = 200;

export async function readHistory(
  { store, aws }: Operator,
  source: OperatorSource,
  date: string,
): Promise<WindowHistory> {
  const window = { source: source.settings.id, date };
  const [ledger, runs, rejected, letters] = await Promise.all([
    readLedger(store, window),
    readRuns(store, windowPrefix(window)),
    rejectionReasons(store, rejectedWindowPrefix(window)),
    Promise.all(deadLetterQueues(source).map((queue) => peekDeadLetters(aws.sqs, queue, mostLookedAt))),
  ]);
  return {
    ...window,
    ledger,
    runs,
    rejected,
    deadLetters: letters.flat().filter((one) => one.window === date),
  };
}

async function readRuns(store: Operator['store'], prefix: string): Promise<Manifest[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) if (runOfManifestKey(key) !== undefined) keys.push(key);
  const manifests = await inParallel(keys, awsConcurrency, (key) => readManifestAt(store, key));
  return manifests
    .filter((manifest) => manifest !== undefined)
    .sort((one, other) => other.run.localeCompare(one.run));
}
