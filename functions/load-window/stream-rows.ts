import { setTimeout as sleep } from 'node:timers/promises';
import { RetryableError, TerminalError } from '../shared/errors.ts';
import { type Inlet, type MessageOutcome, maxRequestBytes } from '../shared/platform/inlet.ts';
import type { LinePosition, Refuse, RowSink } from './row-sink.ts';
import { comparePositions, type UploadProgress } from './upload-checkpoint.ts';

/** How often messages that Platform could not take for the moment are sent once more before the queue takes over. */
const sendsAtMost = 3;
/** Adobe's own streaming client waits as long between its tries. */
const retryPauseMs = 300;
/** So many refusals of one upload say that all of it is wrong; they are kept in its progress, which stays small. */
const mostRefused = 5000;
/**
 * Adobe takes 10,000 messages a second for an organisation. The stack loads four uploads of a source at once, and
 * leaves room for others.
 */
const messagesPerSecond = 2000;

export interface StreamRowsOptions {
  readonly inlet: Inlet;
  /** Called after each request, with all that was received by then. */
  readonly onProgress: (progress: UploadProgress) => Promise<void>;
  /** What earlier invocations have sent. @default nothing */
  readonly from?: UploadProgress | undefined;
  readonly signal: AbortSignal;
}

interface Row {
  readonly text: string;
  readonly bytes: number;
  readonly line: Buffer;
  readonly position: LinePosition;
}

interface Refused extends LinePosition {
  readonly reason: string;
}

/**
 * Streams rows as messages, as many in a request as fit. Rows of requests that were answered before are not sent again;
 * a request whose answer was lost is, so that a row may come twice: its `_id` tells Profile that it is the same.
 */
export function createRowStream({ inlet, onProgress, from, signal }: StreamRowsOptions): RowSink {
  const refused: Refused[] = [...(from?.refused ?? [])];
  const known = new Map(refused.map((one) => [keyOf(one), one.reason]));
  /** Lines refused in the part at hand. */
  let lost: { readonly line: Buffer; readonly reason: string }[] = [];
  let pending: Row[] = [];
  let pendingBytes = 0;
  let count = from?.files ?? 0;
  let bytes = from?.bytes ?? 0;
  const pace = createPace();

  const fits = (rowBytes: number) =>
    pendingBytes + rowBytes + inlet.overheadBytes(pending.length + 1) <= maxRequestBytes;

  const flush = async () => {
    const rows = pending;
    const last = rows.at(-1);
    pending = [];
    pendingBytes = 0;
    if (last === undefined) return;
    await pace(rows.length, signal);
    for (const { row, reason } of await deliver(inlet, rows, signal)) {
      lost.push({ line: row.line, reason });
      refused.push({ ...row.position, reason });
    }
    if (refused.length > mostRefused) throw tooManyRefused(refused);
    count += 1;
    bytes += rows.reduce((sum, row) => sum + row.bytes, 0);
    await onProgress({ version: 1, files: count, bytes, ...last.position, refused });
  };

  return {
    get count() {
      return count;
    },
    get bytes() {
      return bytes;
    },
    maxRowBytes: maxRequestBytes - inlet.overheadBytes(1),
    add(text, position, line) {
      if (from !== undefined && comparePositions(position, from) <= 0) {
        const reason = known.get(keyOf(position));
        if (reason !== undefined) lost.push({ line, reason });
        return undefined;
      }
      const row = { text, bytes: Buffer.byteLength(text, 'utf8'), line, position };
      const take = () => {
        pending.push(row);
        pendingBytes += row.bytes;
      };
      if (!fits(row.bytes)) return flush().then(take);
      take();
      return undefined;
    },
    async endPart(refuse: Refuse) {
      await flush();
      for (const { line, reason } of lost) await refuse(line, { path: '', reason });
      lost = [];
    },
    close: flush,
  };
}

/** Sends rows until each was taken or refused for good; what Platform has taken is not sent again. */
async function deliver(inlet: Inlet, rows: readonly Row[], signal: AbortSignal) {
  const refused: { readonly row: Row; readonly reason: string }[] = [];
  let left = rows;
  for (let sends = 1; ; sends += 1) {
    const outcomes = await inlet.send(
      left.map(({ text }) => text),
      signal,
    );
    const again: Row[] = [];
    left.forEach((row, index) => {
      const outcome = outcomes[index] ?? 'accepted';
      if (outcome === 'accepted') return;
      if (isPassing(outcome)) again.push(row);
      else refused.push({ row, reason: `Platform refused it: ${outcome.status}: ${outcome.message}` });
    });
    if (again.length === 0) return refused;
    if (sends === sendsAtMost) {
      throw new RetryableError(
        'inlet_busy',
        `streaming rows: ${again.length} of ${rows.length} messages were not taken for the moment`,
      );
    }
    left = again;
    await sleep(retryPauseMs * sends, undefined, { signal });
  }
}

function isPassing({ status }: Exclude<MessageOutcome, 'accepted'>): boolean {
  return status === 429 || status >= 500;
}

/** Waits where messages would otherwise come faster than Adobe takes them. */
function createPace(): (messages: number, signal: AbortSignal) => Promise<void> {
  let freeAtMs = 0;
  return async (messages, signal) => {
    const nowMs = performance.now();
    const startMs = Math.max(nowMs, freeAtMs);
    freeAtMs = startMs + (1000 * messages) / messagesPerSecond;
    if (startMs > nowMs) await sleep(startMs - nowMs, undefined, { signal });
  };
}

function tooManyRefused(refused: readonly Refused[]): TerminalError {
  return new TerminalError(
    'inlet_refuses',
    `streaming rows: Platform refused ${refused.length} messages of one upload, the first for this reason: ${refused[0]?.reason}`,
  );
}

function keyOf({ part, line }: LinePosition): string {
  return `${part}:${line}`;
}
