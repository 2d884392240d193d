import {
  ConfigError,
  type ConnectorError,
  DeferredError,
  RetryableError,
  TerminalError,
} from '../shared/errors.ts';
import type { Ledger } from '../shared/ledger.ts';
import type { LedgerStore } from '../shared/ledger-store.ts';
import type { MessageQueue } from '../shared/message-queue.ts';
import {
  type DeliverMessage,
  firstWindow,
  parseWindowMessage,
  type WindowMessage,
} from '../shared/messages.ts';
import { runOfManifestKey, windowPrefix } from '../shared/object-keys.ts';
import type { QueryBudget } from '../shared/query-budget.ts';
import type { QueueWork, ReceivedMessage } from '../shared/settle-message.ts';
import { nextWindow, windowOf } from '../shared/window.ts';
import { type ExportDeps, exportWindow } from './export-window.ts';

export interface ExportWorkDeps extends Omit<ExportDeps, 'privacyKey'> {
  /** Reads the key of hashed properties; only where the source hashes any. */
  readonly readPrivacyKey?: () => Promise<string>;
  readonly ledgers: LedgerStore;
  readonly budget: QueryBudget;
  readonly windowQueue: MessageQueue;
  readonly loadQueue: MessageQueue;
}

/** One window of a message, and who asked for it. */
interface WindowRequest {
  readonly date: string;
  /** The same however often the message is repeated: a repeated request does not export again. */
  readonly request: string;
  readonly reason: string | null;
  readonly reload: boolean;
  readonly kind: 'daily' | 'backfill';
}

/** Where Mixpanel asks for a pause and does not say how long: its limits are per second and per hour. */
const rateLimitedPauseMs = 60_000;
/** A window that Mixpanel says lies in the future is asked for again after this. */
const futurePauseMs = 900_000;

/** What export-window does with the messages of its queue. */
export function createExportWork(deps: ExportWorkDeps): QueueWork {
  return {
    handle: (message, signal) => handle(deps, message, signal),
    giveUp: (message, error) => giveUp(deps, message, error),
  };
}

async function handle(deps: ExportWorkDeps, received: ReceivedMessage, signal: AbortSignal): Promise<void> {
  const message = parseWindowMessage(received.body);
  requireReachable(deps, message);
  const request = firstRequest(message, received);
  if (request.reload) await reload(deps, request);
  else if (!(await exportOnce(deps, request, received, signal))) return;
  await sendRest(deps, message, received);
}

/** @throws {ConfigError} for a window in the future of every time zone, or before there was any data. */
function requireReachable(deps: ExportWorkDeps, message: WindowMessage): void {
  const [from, to] = 'from' in message ? [message.from, message.to] : [message.date, message.date];
  // Kiritimati's day begins first, at UTC+14.
  const latest = windowOf(deps.clock(), 'Pacific/Kiritimati');
  const problems = [
    ...(from < firstWindow ? [`found ${from}; the first window is ${firstWindow}`] : []),
    ...(to > latest ? [`found ${to}; the last window that has begun anywhere is ${latest}`] : []),
  ];
  if (problems.length > 0) throw new ConfigError('reading a window message', problems);
}

/** The window that this message is about now: a range is worked off from its first window on. */
function firstRequest(message: WindowMessage, received: ReceivedMessage): WindowRequest {
  const shared = { reason: message.reason ?? null, reload: message.reload ?? false };
  if ('date' in message) return { ...shared, date: message.date, request: received.request, kind: 'daily' };
  return { ...shared, date: message.from, request: `${received.request}/${message.from}`, kind: 'backfill' };
}

/**
 * Asks for the rest of a range by a new message, before this one is deleted: a crash between the two leaves both,
 * and the copy ends at the first window that the other has exported.
 */
async function sendRest(
  deps: ExportWorkDeps,
  message: WindowMessage,
  received: ReceivedMessage,
): Promise<void> {
  if (!('from' in message) || message.from === message.to) return;
  await deps.windowQueue.send(
    { ...message, from: nextWindow(message.from) },
    { attributes: { request: received.request } },
  );
}

/** @returns false when another copy of a range's message is ahead, so that this one must end. */
async function exportOnce(
  deps: ExportWorkDeps,
  request: WindowRequest,
  received: ReceivedMessage,
  signal: AbortSignal,
): Promise<boolean> {
  const window = { source: deps.settings.id, date: request.date };
  const known = (await deps.ledgers.read(window)).exported;
  if (known?.request === request.request) {
    await sendDeliver(deps, request, known.run);
    return request.kind === 'daily' || received.receiveCount > 1;
  }
  await deps.budget.reserve(request.kind);
  await deps.ledgers.update(window, (ledger) => ({ ...ledger, state: 'exporting', error: null }));
  const { manifest } = await exportRun(deps, request, signal);
  await deps.ledgers.update(window, (ledger) =>
    recordRun(ledger, manifest.run, request.request, manifest.completedAt),
  );
  await sendDeliver(deps, request, manifest.run);
  return true;
}

/** What waiting will cure, waits in the queue without using up the message's receive count. */
async function exportRun(deps: ExportWorkDeps, { date }: WindowRequest, signal: AbortSignal) {
  try {
    const privacyKey = await deps.readPrivacyKey?.();
    return await exportWindow(
      { ...deps, ...(privacyKey === undefined ? {} : { privacyKey }) },
      { date },
      signal,
    );
  } catch (error) {
    if (error instanceof RetryableError && error.code === 'rate_limited') {
      const pauseMs = error.retryAfterMs ?? rateLimitedPauseMs;
      await deps.budget.block(pauseMs);
      throw new DeferredError(error.code, error.message, pauseMs, { cause: error });
    }
    if (error instanceof TerminalError && error.code === 'window_in_future') {
      throw new DeferredError(error.code, error.message, futurePauseMs, { cause: error });
    }
    throw error;
  }
}

/** A run that began before one already recorded is complete too, but the newer one counts. */
function recordRun(ledger: Ledger, run: string, request: string, at: string): Ledger {
  if (ledger.exported !== null && ledger.exported.run > run) return ledger;
  return { ...ledger, state: 'exported', exported: { run, request, at } };
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

async function sendDeliver(
  deps: ExportWorkDeps,
  { date, request, reason, reload }: WindowRequest,
  run: string,
): Promise<void> {
  const message: DeliverMessage = { version: 1, type: 'deliver', date, run, request, reload, reason };
  await deps.loadQueue.send(message);
}

/** A range gives up one window and goes on with the rest; the dead letter asks for that window alone. */
async function giveUp(
  deps: ExportWorkDeps,
  received: ReceivedMessage,
  error: ConnectorError,
): Promise<string> {
  let message: WindowMessage;
  try {
    message = parseWindowMessage(received.body);
    requireReachable(deps, message);
  } catch {
    return received.body;
  }
  const { date, reload, reason } = firstRequest(message, received);
  await deps.ledgers.update({ source: deps.settings.id, date }, (ledger) => ({
    ...ledger,
    state: 'failed',
    error: error.message,
  }));
  await sendRest(deps, message, received);
  return JSON.stringify({ date, ...(reload ? { reload } : {}), ...(reason === null ? {} : { reason }) });
}
