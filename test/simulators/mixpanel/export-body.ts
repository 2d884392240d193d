import { setImmediate } from 'node:timers/promises';
import { type EventRow, lineOf } from './data/event-row.ts';
import type { Fault } from './faults.ts';

/** A fault in how the connection behaves, at its place among the bytes. */
export interface Interruption {
  readonly kind: 'reset' | 'close' | 'stall';
  /** Length of a stall; undefined has no end. */
  readonly ms?: number | undefined;
}

/** What a body is made of. */
export type BodyItem = Buffer | Interruption;

/** What a body is composed from. */
export interface BodySource {
  readonly rows: Iterable<EventRow>;
  readonly test: (row: EventRow) => boolean;
  readonly timeInMs: boolean;
  readonly limit: number | undefined;
  /** How fast the rows come; undefined for as fast as they can. */
  readonly rowsPerSecond: number | undefined;
  /** Rows that the export would have, filters aside: places given as a share are of these. */
  readonly plannedRows: number;
  readonly fault: Fault | undefined;
  readonly onRow: () => void;
}

/** Lines are gathered to about this size before they become bytes; one string per line would be far slower. */
const gatheredLength = 65_536;
/** Rows scanned without a break for other requests. */
const rowsPerTurn = 5000;

/** The body of an export, with its fault at its place. */
export async function* composeBody(source: BodySource): AsyncGenerator<BodyItem> {
  const faultAt = placeOf(source.fault, source.plannedRows);
  let [text, sent, scanned, struck] = ['', 0, 0, false];
  for (const row of source.rows) {
    scanned += 1;
    if (scanned % rowsPerTurn === 0) await setImmediate();
    if (!source.test(row)) continue;
    if (sent === source.limit) break;
    const line = lineOf(row, source.timeInMs);
    if (sent === faultAt) {
      struck = true;
      const { items, ends } = strike(source.fault, line);
      yield Buffer.from(text);
      yield* items;
      text = '';
      if (ends) return;
    }
    text += `${line}\n`;
    sent += 1;
    source.onRow();
    const pauseMs = pauseAfter(sent, source.rowsPerSecond);
    if (pauseMs > 0 || text.length > gatheredLength) {
      yield Buffer.from(text);
      text = '';
    }
    if (pauseMs > 0) yield { kind: 'stall', ms: pauseMs };
  }
  yield Buffer.from(text);
  // Places beyond the last row are at the end.
  if (!struck && faultAt !== undefined) yield* strike(source.fault, '').items;
}

/** A slow server sends what it has this often. */
const pauseEveryMs = 50;

function pauseAfter(sent: number, rowsPerSecond: number | undefined): number {
  if (rowsPerSecond === undefined) return 0;
  const rows = Math.max(1, Math.round((rowsPerSecond * pauseEveryMs) / 1000));
  return sent % rows === 0 ? (1000 * rows) / rowsPerSecond : 0;
}

function placeOf(fault: Fault | undefined, plannedRows: number): number | undefined {
  if (fault === undefined || !('afterRows' in fault || 'afterShare' in fault || isPlaced(fault)))
    return undefined;
  if ('afterRows' in fault && fault.afterRows !== undefined) return fault.afterRows;
  const share = ('afterShare' in fault ? fault.afterShare : undefined) ?? defaultShare(fault);
  return share === 1 ? Number.POSITIVE_INFINITY : Math.floor(plannedRows * share);
}

function isPlaced(fault: Fault): boolean {
  return !['status', 'slowFirstByte', 'tinyChunks'].includes(fault.kind);
}

function defaultShare(fault: Fault): number {
  return fault.kind === 'terminatedEarly' || fault.kind === 'gzipCut' ? 1 : 0.5;
}

interface Strike {
  readonly items: readonly BodyItem[];
  /** Whether the body ends here. */
  readonly ends: boolean;
}

function strike(fault: Fault | undefined, line: string): Strike {
  switch (fault?.kind) {
    case 'terminatedEarly':
      return { items: [Buffer.from(`${fault.text ?? 'export terminated early'}\n`)], ends: true };
    case 'errorTail':
      return { items: [Buffer.from('{"error":')], ends: true };
    case 'reset':
      return { items: [firstHalf(line), { kind: 'reset' }], ends: true };
    case 'close':
      return { items: [{ kind: 'close' }], ends: true };
    case 'stall':
      return { items: [{ kind: 'stall', ms: fault.ms }], ends: false };
    case 'badLine':
      return { items: [Buffer.from(`${fault.line ?? '{"event":"Broken","properties":'}\n`)], ends: false };
    default:
      return { items: [], ends: true };
  }
}

/** Cut by bytes, so that it may also split a character. */
function firstHalf(line: string): Buffer {
  const bytes = Buffer.from(line);
  return bytes.subarray(0, Math.floor(bytes.length / 2));
}
