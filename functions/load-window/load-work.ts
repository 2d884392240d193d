import { type ConnectorError, TerminalError } from '../shared/errors.ts';
import type { Delivery, Ledger } from '../shared/ledger.ts';
import { type DeliverMessage, type LoadMessage, loadMessageSchema } from '../shared/messages.ts';
import { parseJsonWith } from '../shared/parse.ts';
import type { QueueWork, ReceivedMessage } from '../shared/settle-message.ts';
import { beginConfirming, confirmDelivery, confirmLater, stalledCode } from './confirm-delivery.ts';
import { deliverRun } from './deliver-run.ts';
import { deliveryOf, openDelivery, recordStalled } from './delivery-ledger.ts';
import { type LoadDeps, type MapDeps, runOf } from './load-deps.ts';
import { settleDelivery } from './settle-delivery.ts';
import { unlessSuperseded } from './unless-superseded.ts';
import { uploadParts } from './upload-parts.ts';

/** What load-window does with the messages of its queue. */
export function createLoadWork(deps: LoadDeps): QueueWork {
  return {
    handle: (message, { signal }) => handle(deps, message, signal),
    giveUp: (message, error) => giveUp(deps, message, error),
  };
}

function readMessage(body: string): LoadMessage {
  return parseJsonWith(loadMessageSchema, body, 'reading a load message');
}

async function handle(deps: LoadDeps, received: ReceivedMessage, signal: AbortSignal): Promise<void> {
  const message = readMessage(received.body);
  if (message.type === 'deliver') return deliverRun(await withMapping(deps, signal), message, signal);
  if (received.receiveCount > 1) await requireNotGivenUp(deps, message);
  await unlessSuperseded(deps, message, async () => {
    if (message.type === 'confirm')
      await confirmDelivery(deps, { message, isRepeated: received.receiveCount > 1 }, signal);
    else await uploadParts(await withMapping(deps, signal), message, signal);
  });
}

async function withMapping(deps: LoadDeps, signal: AbortSignal): Promise<MapDeps> {
  return { ...deps, ...(await deps.openMapping(signal)) };
}

/**
 * A function may die while it gives a message up, after its delivery was closed and before its dead letter was sent.
 * Received again, the message would find nothing to do, and nobody would hear of it.
 *
 * @throws {TerminalError} for a message whose delivery ended in an error.
 */
async function requireNotGivenUp(
  deps: LoadDeps,
  message: Exclude<LoadMessage, DeliverMessage>,
): Promise<void> {
  const ledger = await deps.ledgers.read(runOf(deps, message));
  const [newest] = ledger.deliveries;
  if (ledger.state !== 'failed' || newest?.error === undefined || !isAbout(ledger, message)) return;
  throw new TerminalError(message.type === 'confirm' ? 'batch_failed' : 'delivery_failed', newest.error);
}

/**
 * Closes the delivery that the message belongs to, if Platform can be asked to abort its batch; otherwise leaves it
 * open, for the next request to settle, or, where Platform alone can decide, for the next confirmation. The dead letter
 * asks for the run to be delivered again.
 */
async function giveUp(deps: LoadDeps, received: ReceivedMessage, error: ConnectorError): Promise<string> {
  let message: LoadMessage;
  try {
    message = readMessage(received.body);
  } catch {
    return received.body;
  }
  const window = runOf(deps, message);
  const ledger = await deps.ledgers.read(window);
  const delivery =
    message.type === 'deliver' ? openedBy(message, openDelivery(ledger)) : deliveryOf(ledger, message);
  const stalled = message.type === 'confirm' && error.code === stalledCode ? message : undefined;
  if (delivery !== undefined && stalled !== undefined) await confirmLater(deps, stalled, delivery);
  else if (delivery !== undefined) await closeAfter(deps, message.date, delivery, error);
  await deps.ledgers.update(window, (found) => {
    const latest = stalled === undefined ? found : recordStalled(found, stalled.delivery, stalled.poll);
    return isAbout(latest, message) ? { ...latest, state: 'failed', error: error.message } : latest;
  });
  if (message.type === 'deliver') return received.body;
  const origin = delivery ?? ledger.deliveries.find((known) => known.id === message.delivery);
  const again: DeliverMessage = {
    version: 1,
    type: 'deliver',
    date: message.date,
    run: message.run,
    request: origin?.request ?? received.request,
    reload: false,
    reason: origin?.reason ?? null,
  };
  return JSON.stringify(again);
}

/** Whether the failure is the window's newest news: no newer run was exported, and no later delivery begun. */
function isAbout(ledger: Ledger, message: LoadMessage): boolean {
  const newest = ledger.deliveries[0];
  if ((ledger.exported?.run ?? '') > message.run) return false;
  if (message.type !== 'deliver') return newest?.id === message.delivery && ledger.state !== 'delivered';
  return newest === undefined || newest.request === message.request || newest.run < message.run;
}

function openedBy(message: DeliverMessage, open: Delivery | undefined): Delivery | undefined {
  return open?.request === message.request && open.run === message.run ? open : undefined;
}

async function closeAfter(
  deps: LoadDeps,
  date: string,
  delivery: Delivery,
  error: ConnectorError,
): Promise<void> {
  try {
    if (await settleDelivery(deps, date, delivery, error.message)) return;
    // The batch was completed meanwhile: its outcome decides, not ours.
    await beginConfirming(deps, date, delivery);
  } catch (cause) {
    const code = cause instanceof TerminalError ? cause.code : 'unexpected';
    deps.log.warn('Load:Delivery:LeftOpen', { window: date, run: delivery.run, delivery: delivery.id, code });
  }
}
