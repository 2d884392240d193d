import type { Ledger } from '../shared/ledger.ts';
import type { Manifest } from '../shared/manifest.ts';
import type { DeliverMessage } from '../shared/messages.ts';
import type { ExportWorkDeps, WindowRequest } from './work-deps.ts';

type Requested = Pick<WindowRequest, 'date' | 'request' | 'reason' | 'reload'>;

/** A run is complete: notes it in the ledger, then asks for its delivery. Safe to repeat. */
export async function recordRun(
  deps: ExportWorkDeps,
  request: Requested,
  { run, completedAt }: Pick<Manifest, 'run' | 'completedAt'>,
): Promise<void> {
  await deps.ledgers.update({ source: deps.settings.id, date: request.date }, (ledger) =>
    withRun(ledger, { run, request: request.request, at: completedAt }),
  );
  await sendDeliver(deps, request, run);
  deps.metrics.count('WindowsExported');
}

/** A run that began before one already recorded is complete too, but the newer one counts. */
function withRun(ledger: Ledger, exported: NonNullable<Ledger['exported']>): Ledger {
  const slicing = ledger.slicing?.run === exported.run ? null : ledger.slicing;
  if (ledger.exported !== null && ledger.exported.run > exported.run) {
    return slicing === ledger.slicing ? ledger : { ...ledger, slicing };
  }
  return { ...ledger, state: 'exported', error: null, exported, slicing };
}

export async function sendDeliver(
  deps: ExportWorkDeps,
  { date, request, reason, reload }: Requested,
  run: string,
): Promise<void> {
  const message: DeliverMessage = { version: 1, type: 'deliver', date, run, request, reload, reason };
  await deps.loadQueue.send(message);
}
