import { inParallel } from '../../functions/shared/in-parallel.ts';
import type { Ledger } from '../../functions/shared/ledger.ts';
import { readLedger } from '../../functions/shared/ledger-store.ts';
import { manifestKey } from '../../functions/shared/object-keys.ts';
import type { ObjectStore } from '../../functions/shared/object-store.ts';
import type { Batches } from '../../functions/shared/platform/batches.ts';
import { readManifestAt } from '../archive/read-manifest.ts';
import { grouped } from '../local/progress-view.ts';
import { awsConcurrency } from '../operator/aws-access.ts';
import type { ProgressLine } from '../operator/progress-line.ts';
import { type ListedBatches, listBatches } from './active-batches.ts';
import { type Reconciliation, reconcile, standingDelivery, type WindowFacts } from './reconciliation.ts';

/** What reconciling needs of the world. */
export interface ReconcileDeps {
  readonly stackName: string;
  readonly source: string;
  /** Where the source delivers now; earlier deliveries may be elsewhere. */
  readonly datasetId: string;
  readonly store: ObjectStore;
  readonly batches: Pick<Batches, 'get' | 'list'>;
  readonly clock: () => number;
  readonly progress: ProgressLine;
}

/** Batches that a list did not have are asked for one by one; more at once would look like an attack to a gateway. */
const lookUpsAtOnce = 4;

/**
 * Holds archive, ledgers and Platform to each other. Nothing is changed, and Mixpanel is not asked.
 *
 * @param dates windows, oldest first; those without a ledger are passed over.
 */
export async function reconcileWindows(
  deps: ReconcileDeps,
  dates: readonly string[],
): Promise<Reconciliation[]> {
  const { store, source } = deps;
  const readOne = counting(deps.progress, { all: dates.length, what: `windows of ${source} read` });
  const ledgers = (
    await inParallel(dates, awsConcurrency, (date) => readOne(() => readLedger(store, { source, date })))
  ).filter((ledger) => ledger !== undefined);
  if (ledgers.length === 0) return [];
  const listed = await listBatches(
    { list: watchedList(deps) },
    {
      ...deps,
      datasetIds: new Set(ledgers.map((ledger) => datasetOf(deps, ledger))),
      dates: ledgers.map(({ date }) => date),
      expected: new Set(ledgers.flatMap(({ activeBatch }) => activeBatch ?? [])),
    },
  );
  const checkOne = counting(deps.progress, {
    all: ledgers.length,
    what: `windows of ${source} held to Platform`,
  });
  const found = await inParallel(ledgers, lookUpsAtOnce, (ledger) =>
    checkOne(async () => reconcile(await readFacts(deps, ledger, listed), deps.clock())),
  );
  return inParallel(found, awsConcurrency, (one) => confirmed(deps, ledgers, one));
}

/** Does acts of which there are so many, and shows how many are done. */
function counting(
  progress: ProgressLine,
  { all, what }: { readonly all: number; readonly what: string },
): <Result>(act: () => Promise<Result>) => Promise<Result> {
  let done = 0;
  progress.bar(done, all, what);
  return async (act) => {
    const result = await act();
    done += 1;
    progress.bar(done, all, what);
    return result;
  };
}

function watchedList({ batches, source, progress }: ReconcileDeps): Batches['list'] {
  let listed = 0;
  return async (...page) => {
    progress.text(`batches of ${source} listed by Platform: ${grouped(listed)} …`);
    const found = await batches.list(...page);
    listed += found.length;
    return found;
  };
}

async function readFacts(deps: ReconcileDeps, ledger: Ledger, listed: ListedBatches): Promise<WindowFacts> {
  const { activeBatch, exported, date } = ledger;
  const standing = standingDelivery(ledger)?.run;
  const newest = await readManifest(deps, date, exported?.run ?? standing);
  return {
    ledger,
    newest,
    standing: standing === newest?.run ? newest : await readManifest(deps, date, standing),
    batch:
      activeBatch === null ? undefined : (listed.get(activeBatch) ?? (await deps.batches.get(activeBatch))),
    active: listed.activeOf(date, datasetOf(deps, ledger)),
  };
}

/** A window that was delivered while Platform was asked differs from what was read before. */
async function confirmed(
  deps: ReconcileDeps,
  ledgers: readonly Ledger[],
  found: Reconciliation,
): Promise<Reconciliation> {
  if (found.differences.length === 0) return found;
  const before = ledgers.find(({ date }) => date === found.date);
  const now = await readLedger(deps.store, { source: deps.source, date: found.date });
  return now?.updatedAt === before?.updatedAt ? found : { ...found, isPending: true, differences: [] };
}

function datasetOf({ datasetId }: ReconcileDeps, ledger: Ledger): string {
  return standingDelivery(ledger)?.datasetId ?? datasetId;
}

async function readManifest({ store, source }: ReconcileDeps, date: string, run: string | undefined) {
  return run === undefined ? undefined : readManifestAt(store, manifestKey({ source, date, run }));
}
