import { unreadableBackfill } from '../shared/backfill-store.ts';
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
import { type DeliverMessage, parseWindowMessage, type WindowMessage } from '../shared/messages.ts';
import type { Metrics } from '../shared/metrics.ts';
import type { MixpanelClient } from '../shared/mixpanel/mixpanel-client.ts';
import { runOfManifestKey, windowPrefix } from '../shared/object-keys.ts';
import type { QueryBudget } from '../shared/query-budget.ts';
import { unreachable } from '../shared/reachable-windows.ts';
import type { QueueWork, ReceivedMessage } from '../shared/settle-message.ts';
import { windowBounds, windowOf } from '../shared/window.ts';
import { windowZones } from '../shared/window-zone.ts';
import { type BackfillDeps, passOn, workOffRange } from './backfill-range.ts';
import { type ExportDeps, exportWindow } from './export-window.ts';

export interface ExportWorkDeps extends Omit<ExportDeps, 'privacyKey'>, BackfillDeps {
  readonly mixpanel: MixpanelClient;
  /** Reads the key of hashed properties; only where the source hashes any. */
  readonly readPrivacyKey?: () => Promise<string>;
  readonly ledgers: LedgerStore;
  readonly budget: QueryBudget;
  readonly metrics: Metrics;
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
  const work = () => (request.reload ? reload(deps, request) : exportOnce(deps, request, signal));
  if ('date' in message) return work();
  const repeat = async () => void (await deliverAgain(deps, request));
  await workOffRange(deps, { range: message, request: received.request }, { work, repeat });
}

/** @throws {ConfigError} for a window in the future of every time zone, or before there was any data. */
function requireReachable(deps: ExportWorkDeps, message: WindowMessage): void {
  const [from, to] = 'from' in message ? [message.from, message.to] : [message.date, message.date];
  const problems = unreachable(from, to, deps.clock());
  if (problems.length > 0) throw new ConfigError('reading a window message', problems);
}

/** The window that this message is about now: a range is worked off from its first window on. */
function firstRequest(message: WindowMessage, received: ReceivedMessage): WindowRequest {
  const shared = { reason: message.reason ?? null, reload: message.reload ?? false };
  if ('date' in message) return { ...shared, date: message.date, request: received.request, kind: 'daily' };
  return { ...shared, date: message.from, request: `${received.request}/${message.from}`, kind: 'backfill' };
}

async function exportOnce(deps: ExportWorkDeps, request: WindowRequest, signal: AbortSignal): Promise<void> {
  const window = { source: deps.settings.id, date: request.date };
  if (await deliverAgain(deps, request)) return;
  await waitForBeginning(deps, request.date);
  await deps.mixpanel.ready();
  await deps.readPrivacyKey?.();
  await deps.budget.reserve(request.kind);
  await deps.ledgers.update(window, (ledger) => ({ ...ledger, state: 'exporting', error: null }));
  const { manifest } = await exportRun(deps, request, signal);
  await deps.ledgers.update(window, (ledger) =>
    recordRun(ledger, manifest.run, request.request, manifest.completedAt),
  );
  await sendDeliver(deps, request, manifest.run);
  deps.metrics.count('WindowsExported');
}

/** @returns whether this request was answered by a run already, whose delivery it has now asked for once more. */
async function deliverAgain(deps: ExportWorkDeps, request: WindowRequest): Promise<boolean> {
  const { exported } = await deps.ledgers.read({ source: deps.settings.id, date: request.date });
  if (exported?.request !== request.request) return false;
  await sendDeliver(deps, request, exported.run);
  return true;
}

/**
 * Mixpanel refuses days that have not begun in the zone in which it reads dates. Where the clock tells as much, no
 * query is spent on hearing it.
 *
 * @throws {DeferredError} `window_not_begun`
 */
async function waitForBeginning(deps: ExportWorkDeps, date: string): Promise<void> {
  const nowMs = deps.clock();
  // Behind this offset no place is left where the day could be still to come.
  if (date <= windowOf(nowMs, 'Etc/GMT+12')) return;
  const zones = await windowZones(deps.store, deps.settings);
  const begunMs = Math.max(...zones.map((zone) => windowBounds(date, zone).startMs));
  if (begunMs <= nowMs) return;
  const what = `exporting window ${date}: it begins at ${new Date(begunMs).toISOString()}`;
  throw new DeferredError('window_not_begun', what, begunMs - nowMs);
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
      const pauseMs = await deps.budget.block(error.retryAfterMs);
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
  // Of a range whose record can't be read, the rest is given up as a whole: redriven, it goes on where it was.
  if (error.code === unreadableBackfill) return received.body;
  let message: WindowMessage;
  try {
    message = parseWindowMessage(received.body);
    requireReachable(deps, message);
  } catch {
    return received.body;
  }
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
