import type { ConfirmMessage, UploadMessage } from '../shared/messages.ts';
import type { LoadDeps } from './load-deps.ts';

/** Work on a delivery, as its messages name it. */
type DeliveryWork = Pick<UploadMessage | ConfirmMessage, 'type' | 'date' | 'run' | 'delivery'>;

/**
 * Does a delivery's work. A newer delivery aborts the batch of an older one; what then fails under the older one's hands
 * is no error.
 */
export async function unlessSuperseded(
  deps: LoadDeps,
  work: DeliveryWork,
  act: () => Promise<void>,
): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(await isOver(deps, work))) throw error;
    const { date, run, delivery } = work;
    deps.log.info('Load:Delivery:Superseded', { window: date, run, delivery });
  }
}

async function isOver(deps: LoadDeps, { type, date, delivery }: DeliveryWork): Promise<boolean> {
  const newest = (await deps.ledgers.read({ source: deps.settings.id, date })).deliveries[0];
  if (newest?.id !== delivery) return true;
  // An upload never closes its delivery by an error, so whoever closed it no longer wants these files.
  return type === 'upload' && newest.completedAt !== null;
}
