import type { AuthKind } from './authentication.ts';

/** One request as it is listed: no header and no secret. */
export interface RequestRecord {
  /** By the simulator's own clock. */
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly auth: AuthKind;
  status: number | null;
  rows: number;
  bytes: number;
  /** The fault that struck, or how the request ended. */
  fault: string | null;
  outcome: 'open' | 'complete' | 'cut';
}

/** What was exported of one day. */
export interface DayStats {
  requests: number;
  /** Served to the end, without a fault. */
  complete: number;
  rows: number;
}

/** Counts since the start; the routes of the simulator itself are left out. */
export interface MixpanelStats {
  readonly requests: number;
  readonly byStatus: Readonly<Record<string, number>>;
  /** By project and day: `2195193 2026-03-08`; an export of several days counts for the first. */
  readonly days: Readonly<Record<string, DayStats>>;
  readonly rowsSent: number;
  readonly bytesSent: number;
  readonly running: number;
  readonly maxConcurrent: number;
}

/** How many requests are listed; older ones are only counted. */
const maxListed = 500;

/** Keeps the counts and the list of recent requests. */
export class StatsBook {
  readonly #recent: RequestRecord[] = [];
  readonly #byStatus = new Map<string, number>();
  readonly #days = new Map<string, DayStats>();
  #requests = 0;
  #rows = 0;
  #bytes = 0;

  open(record: RequestRecord): void {
    this.#requests += 1;
    this.#recent.push(record);
    if (this.#recent.length > maxListed) this.#recent.shift();
  }

  close(record: RequestRecord): void {
    const status = record.status === null ? 'none' : String(record.status);
    this.#byStatus.set(status, (this.#byStatus.get(status) ?? 0) + 1);
    this.#rows += record.rows;
    this.#bytes += record.bytes;
    if (record.outcome === 'open') record.outcome = 'complete';
  }

  countDay(projectId: number, day: string, record: RequestRecord): void {
    const key = `${projectId} ${day}`;
    const stats = this.#days.get(key) ?? { requests: 0, complete: 0, rows: 0 };
    stats.requests += 1;
    stats.rows += record.rows;
    if (record.outcome !== 'cut' && record.fault === null) stats.complete += 1;
    this.#days.set(key, stats);
  }

  /** The most recent requests, oldest first. */
  recent(): readonly RequestRecord[] {
    return this.#recent.map((record) => ({ ...record }));
  }

  snapshot(running: number, maxConcurrent: number): MixpanelStats {
    return {
      requests: this.#requests,
      byStatus: Object.fromEntries(this.#byStatus),
      days: Object.fromEntries([...this.#days].map(([key, day]) => [key, { ...day }])),
      rowsSent: this.#rows,
      bytesSent: this.#bytes,
      running,
      maxConcurrent,
    };
  }
}
