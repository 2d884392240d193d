import * as z from 'zod';
import type { Ledger, WindowState } from '../../functions/shared/ledger.ts';
import { isClosed, summarizeWindow, type WindowSummary } from '../../functions/shared/window-summary.ts';

/** What is known of one window while it is worked on. */
export interface WindowProgress {
  readonly source: string;
  readonly date: string;
  readonly state: WindowState | 'planned';
  /** Events stored so far by the newest run. */
  readonly received: number;
  readonly parts: number;
  readonly delivered: number;
  /** Why it waits, in the functions' own words. */
  readonly note: string | undefined;
  readonly startedMs: number | undefined;
  readonly endedMs: number | undefined;
  readonly summary: WindowSummary | undefined;
}

/** Every window of this call, fed by the functions' logs and by the ledgers. */
export interface WindowBoard {
  expect(source: string, dates: readonly string[]): void;
  /** Takes a line of a function's log; lines of no interest change nothing. */
  takeLogLine(line: string, nowMs: number): void;
  /** @param sinceMs ledgers last written before count as not yet touched by this call. */
  takeLedgers(ledgers: readonly Ledger[], sinceMs: number, nowMs: number): void;
  /** Oldest first, source by source. */
  windows(): WindowProgress[];
  isFinished(): boolean;
}

/** The fields that the connector's own log entries have. */
const logEntry = z.looseObject({
  message: z.string(),
  source: z.string(),
  window: z.string(),
  run: z.string().optional(),
  records: z.number().optional(),
  code: z.string().optional(),
  receiveCount: z.number().optional(),
});
type LogEntry = z.output<typeof logEntry>;

interface Entry extends WindowProgress {
  /** The run that `received` and `parts` count. */
  readonly run: string | undefined;
  /** Whether this call waits for it. */
  readonly expected: boolean;
}

export function createWindowBoard(): WindowBoard {
  const entries = new Map<string, Entry>();
  const change = (source: string, date: string, act: (entry: Entry) => Entry) => {
    const key = `${source} ${date}`;
    entries.set(key, act(entries.get(key) ?? { ...unknownWindow, source, date }));
  };
  return {
    expect(source, dates) {
      for (const date of dates) change(source, date, (entry) => ({ ...entry, expected: true }));
    },
    takeLogLine(line, nowMs) {
      const parsed = logEntry.safeParse(parseJson(line));
      if (!parsed.success) return;
      change(parsed.data.source, parsed.data.window, (entry) => afterLog(entry, parsed.data, nowMs));
    },
    takeLedgers(ledgers, sinceMs, nowMs) {
      for (const ledger of ledgers) {
        const isOld = Date.parse(ledger.updatedAt) < sinceMs;
        change(ledger.source, ledger.date, (entry) => afterLedger(entry, ledger, isOld, nowMs));
      }
    },
    windows: () =>
      [...entries.values()].sort(
        (one, other) => one.source.localeCompare(other.source) || one.date.localeCompare(other.date),
      ),
    isFinished: () =>
      [...entries.values()].every(
        ({ expected, state }) => !expected || (state !== 'planned' && isClosed(state)),
      ),
  };
}

const unknownWindow = {
  state: 'planned',
  received: 0,
  parts: 0,
  delivered: 0,
  note: undefined,
  startedMs: undefined,
  endedMs: undefined,
  summary: undefined,
  run: undefined,
  expected: false,
} as const;

function afterLog(entry: Entry, log: LogEntry, nowMs: number): Entry {
  const started = { ...entry, startedMs: entry.startedMs ?? nowMs };
  if (log.message === 'Message:Failed') {
    const attempt = log.receiveCount === undefined ? '' : ` (attempt ${log.receiveCount})`;
    return { ...started, note: `${log.code ?? 'failed'}${attempt}` };
  }
  if (log.message !== 'Export:Part:Stored') return started;
  const isNewRun = log.run !== entry.run;
  return {
    ...started,
    note: undefined,
    run: log.run,
    received: (isNewRun ? 0 : entry.received) + (log.records ?? 0),
    parts: (isNewRun ? 0 : entry.parts) + 1,
  };
}

function afterLedger(entry: Entry, ledger: Ledger, isOld: boolean, nowMs: number): Entry {
  const summary = summarizeWindow(ledger);
  // What an earlier call brought to an end says nothing about the end that this call waits for.
  if (isOld && entry.expected) return { ...entry, summary };
  const closed = isClosed(ledger.state);
  return {
    ...entry,
    summary,
    state: ledger.state,
    // The logs know it part by part; a ledger alone remains of a window that this host did not see.
    received: closed ? Math.max(entry.received, summary.received) : entry.received,
    delivered: closed ? summary.accepted : entry.delivered,
    note: closed ? (ledger.error ?? undefined) : entry.note,
    startedMs: entry.startedMs ?? (isOld ? undefined : nowMs),
    endedMs: closed ? (entry.endedMs ?? nowMs) : undefined,
  };
}

function parseJson(line: string): unknown {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
