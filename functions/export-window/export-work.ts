import { requestInRange } from '../shared/backfill.ts';
import { unreadableBackfill } from '../shared/backfill-store.ts';
import { ConfigError, type ConnectorError, TerminalError } from '../shared/errors.ts';
import type { Ledger } from '../shared/ledger.ts';
import { parseWindowMessage, type SliceMessage, type WindowMessage } from '../shared/messages.ts';
import { runOfManifestKey, windowPrefix } from '../shared/object-keys.ts';
import { hasBegunEverywhere, unreachable } from '../shared/reachable-windows.ts';
import type { Deadline, QueueWork, ReceivedMessage } from '../shared/settle-message.ts';
import { windowZones } from '../shared/window-zone.ts';
import { passOn, workOffRange } from './backfill-range.ts';
import { deliverAgain, exportOnce } from './export-request.ts';
import { sendDeliver } from './record-run.ts';
import { awaitSlices } from './slices/await-slices.ts';
import { exportSlice } from './slices/export-slice.ts';
import { giveUpSlice } from './slices/give-up-slice.ts';
import type { ExportWorkDeps, WindowRequest } from './work-deps.ts';

/** What export-window does with the messages of its queue. */
export function createExportWork(deps: ExportWorkDeps): QueueWork {
  return {
    handle: (message, deadline) => handle(deps, message, deadline),
    giveUp: (message, error) => giveUp(deps, message, error),
  };
}

async function handle(deps: ExportWorkDeps, received: ReceivedMessage, deadline: Deadline): Promise<void> {
  const message = parseWindowMessage(received.body);
  await requireReachable(deps, message);
  if ('type' in message) return exportSlice(deps, message, deadline);
  const request = firstRequest(message, received);
  const work = () => (request.reload ? reload(deps, request) : exportOnce(deps, request, deadline));
  if ('date' in message) return work();
  const first = {
    work: () => work().then(() => awaitSlices(deps, request)),
    repeat: async () => void (await deliverAgain(deps, request)),
  };
  await workOffRange(deps, { range: message, request: received.request }, first);
}

/**
 * Of the zones in which Mixpanel may read the source's dates one is enough: a day that has begun there alone is waited for.
 *
 * @throws {ConfigError} for a window in the future, or before there was any data.
 */
async function requireReachable(deps: ExportWorkDeps, message: WindowMessage | SliceMessage): Promise<void> {
  const [from, to] = 'from' in message ? [message.from, message.to] : [message.date, message.date];
  const nowMs = deps.clock();
  // Most windows are of the past, and need no look at what is known of the source.
  const zones = hasBegunEverywhere(to, nowMs) ? undefined : await windowZones(deps.store, deps.settings);
  const problems = unreachable(from, to, nowMs, zones);
  if (problems.length > 0) throw new ConfigError('reading a window message', problems);
}

/** The window that this message is about now: a range is worked off from its first window on. */
function firstRequest(message: WindowMessage, received: ReceivedMessage): WindowRequest {
  const shared = { reason: message.reason ?? null, reload: message.reload ?? false };
  if ('date' in message) {
    return { ...shared, date: message.date, request: received.request, kind: 'daily', backfill: null };
  }
  const request = requestInRange(received.request, message.from);
  return { ...shared, date: message.from, request, kind: 'backfill', backfill: received.request };
}

/** Delivers the newest complete run again, without a call to Mixpanel. */
async function reload(deps: ExportWorkDeps, request: WindowRequest): Promise<void> {
  const window = { source: deps.settings.id, date: request.date };
  let newest: string | undefined;
  for await (const { key } of deps.store.list(windowPrefix(window))) {
    const run = runOfManifestKey(key);
    if (run !== undefined && run > (newest ?? '')) newest = run;
  }
  if (newest === undefined) {
    throw new TerminalError(
      'run_missing',
      `reloading ${request.date}: the archive holds no complete run of it; export the window instead`,
    );
  }
  await sendDeliver(deps, request, newest);
}

/** A range gives up one window and goes on with the rest; the dead letter asks for that window alone. */
async function giveUp(
  deps: ExportWorkDeps,
  received: ReceivedMessage,
  error: ConnectorError,
): Promise<string> {
  // Of a range whose record can't be read, the rest is given up as a whole: redriven, it goes on where it was.
  if (error.code === unreadableBackfill) return received.body;
  let message: WindowMessage | SliceMessage;
  try {
    message = parseWindowMessage(received.body);
    await requireReachable(deps, message);
  } catch {
    return received.body;
  }
  if ('type' in message) return giveUpSlice(deps, message, error);
  const { date, request, reload, reason } = firstRequest(message, received);
  const window = { source: deps.settings.id, date };
  const { exported } = await deps.ledgers.update(window, (ledger) => recordFailure(ledger, request, error));
  if ('from' in message) {
    const outcome = exported?.request === request ? 'exported' : 'failed';
    await passOn(deps, { range: message, request: received.request }, outcome);
  }
  return JSON.stringify({ date, ...(reload ? { reload } : {}), ...(reason === null ? {} : { reason }) });
}

/** A window that another copy of the message has exported meanwhile has not failed. */
function recordFailure(ledger: Ledger, request: string, error: ConnectorError): Ledger {
  if (ledger.exported?.request === request) return ledger;
  return { ...ledger, state: 'failed', error: error.message };
}
