import { setTimeout as sleep } from 'node:timers/promises';
import { type Ledger, ledgerSchema } from '../../functions/shared/ledger.ts';
import { prefixes } from '../../functions/shared/object-keys.ts';
import type { ObjectStore } from '../../functions/shared/object-store.ts';
import { parseJsonWith } from '../../functions/shared/parse.ts';
import type { LocalConnector } from './open-local.ts';
import type { Plan } from './plan-due-windows.ts';
import type { ProgressView } from './progress-view.ts';
import { queueDepth } from './queue-depths.ts';
import type { WindowBoard } from './window-board.ts';

/** How the watch ended. `idle`: nothing is left in any queue, but some windows have not come to an end. */
export type WatchEnd = 'finished' | 'idle' | 'timed out' | 'interrupted';

export interface WatchRequest {
  readonly connector: LocalConnector;
  readonly board: WindowBoard;
  readonly view: ProgressView;
  readonly plan: Plan;
  readonly deadlineMs: number;
  readonly interrupted: AbortSignal;
}

/** Often enough to follow with the eye, seldom enough to leave the processors to the work. */
const lookEveryMs = 500;
/** How many looks in a row must find nothing to do before that is believed. */
const idleLooks = 4;

/** Shows the windows until all that were planned have ended and no message is left. */
export async function watchWindows(request: WatchRequest): Promise<WatchEnd> {
  const { connector, board, view, interrupted } = request;
  for (let idle = 0; ; ) {
    const busy = (await countWork(connector)) > 0;
    // After the queues were counted: a window that ended in between would be taken for one that never ends.
    await readBoard(request);
    view.show(board.windows());
    if (interrupted.aborted) return 'interrupted';
    idle = busy ? 0 : idle + 1;
    if (!busy && board.isFinished()) return 'finished';
    if (idle >= idleLooks) return 'idle';
    if (Date.now() > request.deadlineMs) return 'timed out';
    await sleep(lookEveryMs, undefined, { signal: interrupted }).catch(() => {});
  }
}

async function countWork({ host, sqs, workQueues }: LocalConnector): Promise<number> {
  const depths = await Promise.all(workQueues.map((url) => queueDepth(sqs, url)));
  return depths.reduce((sum, depth) => sum + depth, host.running());
}

async function readBoard({ connector, board, plan }: WatchRequest): Promise<void> {
  const nowMs = Date.now();
  for (const ledger of await readLedgers(connector.store)) {
    board.takeLedgers([ledger], plan.get(ledger.source)?.sinceMs ?? 0, nowMs);
  }
}

/** Every window's ledger. */
async function readLedgers(store: ObjectStore): Promise<Ledger[]> {
  const ledgers: Ledger[] = [];
  for await (const { key } of store.list(prefixes.ledger)) {
    const found = await store.getText(key);
    if (found !== undefined)
      ledgers.push(parseJsonWith(ledgerSchema, found.text, `reading the ledger ${key}`));
  }
  return ledgers;
}
