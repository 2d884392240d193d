import type { CalendarDay } from './calendar.ts';
import { type DayIngredients, type EventRow, instantAt, lineOf, rowAt } from './event-row.ts';
import { mix, Random } from './random.ts';

/** One distinct event as it was sent, for tests to compare with what arrived. */
export interface ExpectedEvent {
  readonly event: string;
  readonly insertId: string | null;
  /** `time` as Mixpanel stores it, in milliseconds. */
  readonly timeMs: number;
  readonly trueUtcMs: number;
  /** As exported now; see `sentDistinctId`. */
  readonly distinctId: string;
  /** As the sender wrote it: stays the same when identities merge later. */
  readonly sentDistinctId: string;
  readonly processingMs: number;
  /** The line with time in milliseconds; of two versions, the one with the newer processing time. */
  readonly line: string;
}

/** Which of a day's rows are wanted, and as of when. */
export interface RowsRequest {
  /** Which pull of the day this is, from 1: late and re-keyed rows depend on it. */
  readonly pull: number;
  /** Nothing that Mixpanel processed after this moment is there yet. */
  readonly nowMs: number;
  /** Bounds of true time: rows outside are not even built. The end is not included. */
  readonly fromUtcMs?: number;
  readonly toUtcMs?: number;
  /** Another number gives another order of the same rows. */
  readonly order?: number;
}

/** A kind of row, addressed by an index that rises with time. */
interface Track {
  readonly count: number;
  readonly timeAt: (index: number) => number;
  readonly rowAt: (index: number) => EventRow;
}

/** Late events take their ids from the other half of the serial numbers. */
const lateSerials = 0x8000_0000;

/** The events of one project and day. Any event can be built by itself: nothing is kept. */
export class DayEvents {
  readonly #ingredients: DayIngredients;
  readonly #count: number;

  constructor(ingredients: DayIngredients, count: number) {
    this.#ingredients = ingredients;
    this.#count = count;
  }

  /** How many rows a request covers; the rows themselves may be fewer where the day is still going on. */
  countRows(request: RowsRequest): number {
    return this.#ranges(request).reduce((sum, { from, to }) => sum + to - from, 0);
  }

  get day(): CalendarDay {
    return this.#ingredients.day;
  }

  /** The rows of an export: every version of every event, in no order of time. */
  *rows(request: RowsRequest): Generator<EventRow> {
    const ranges = this.#ranges(request);
    for (const place of permutation(
      this.countRows(request),
      mix(this.#ingredients.daySeed + (request.order ?? 0)),
    )) {
      const row = rowAtPlace(ranges, place);
      if (row !== undefined && this.#isVisible(row, request)) yield row;
    }
  }

  /** Each distinct event once, in order of time within on-time and then late events. */
  *expected(request: RowsRequest): Generator<ExpectedEvent> {
    const copies = this.#copies(request);
    for (let index = 0; index < this.#count; index += 1) {
      const copy = copies.indexOfCopy(index);
      const original = this.#onTime(index, request);
      const row = copy === undefined ? original : copies.rowAt(copy);
      // Before the newer version is processed, the older one is the truth.
      if (this.#isVisible(row, request)) yield expectedOf(row);
      else if (this.#isVisible(original, request)) yield expectedOf(original);
    }
    const late = this.#lateTrack(request);
    for (let index = 0; index < late.count; index += 1) {
      const row = late.rowAt(index);
      if (this.#isVisible(row, request)) yield expectedOf(row);
    }
  }

  #isVisible(row: EventRow, request: RowsRequest): boolean {
    // A late row is shown when its pull has come, whatever was processed by now: tests choose the pull.
    return (row.late ? row.trueUtcMs : row.processingMs) <= request.nowMs;
  }

  #ranges(request: RowsRequest) {
    const { day } = this.#ingredients;
    const [from, to] = [request.fromUtcMs ?? day.startUtcMs, request.toUtcMs ?? day.endUtcMs];
    return [this.#onTimeTrack(request), this.#copies(request), this.#lateTrack(request)].map((track) => ({
      track,
      from: firstAtOrAfter(track, from),
      to: Math.max(firstAtOrAfter(track, from), firstAtOrAfter(track, Math.min(to, request.nowMs + 1))),
    }));
  }

  #shareOf(index: number, count: number, salt: number): number {
    return (index + mix(mix(this.#ingredients.daySeed ^ salt) + index) / 0x1_0000_0000) / count;
  }

  #onTime(index: number, request: RowsRequest): EventRow {
    return rowAt(
      this.#ingredients,
      {
        atShare: this.#shareOf(index, this.#count, 1),
        serial: index,
        late: false,
        rekeyShare: this.#rekeyShare(request),
      },
      new Random(mix(this.#ingredients.daySeed ^ mix(index))),
    );
  }

  #rekeyShare({ pull }: RowsRequest): number {
    const { share, fromPull } = this.#ingredients.project.rekey;
    return pull >= fromPull ? share : 0;
  }

  #onTimeTrack(request: RowsRequest): Track {
    return {
      count: this.#count,
      timeAt: (index) => instantAt(this.#ingredients.day, this.#shareOf(index, this.#count, 1)),
      rowAt: (index) => this.#onTime(index, request),
    };
  }

  #lateTrack(request: RowsRequest): Track {
    const { day, project, daySeed } = this.#ingredients;
    const { share, fromPull } = project.lateRows;
    const count = request.pull >= fromPull ? Math.round(this.#count * share) : 0;
    const atShare = (index: number) => this.#shareOf(index, count, 2);
    const rekeyShare = this.#rekeyShare(request);
    return {
      count,
      timeAt: (index) => instantAt(day, atShare(index)),
      rowAt: (index) =>
        rowAt(
          this.#ingredients,
          { atShare: atShare(index), serial: lateSerials + index, late: true, rekeyShare },
          new Random(mix(daySeed ^ mix(lateSerials + index))),
        ),
    };
  }

  /** Second copies: each stretch of `width` events has one that was sent twice. */
  #copies(request: RowsRequest): Track & { readonly indexOfCopy: (original: number) => number | undefined } {
    const { daySeed, day, project } = this.#ingredients;
    const count = Math.min(this.#count, Math.round(this.#count * project.duplicates));
    const width = count === 0 ? 1 : Math.floor(this.#count / count);
    const originalOf = (copy: number) => copy * width + (mix(daySeed ^ mix(copy + 7)) % width);
    return {
      count,
      timeAt: (index) => instantAt(day, this.#shareOf(originalOf(index), this.#count, 1)),
      rowAt: (index) => copyOf(this.#onTime(originalOf(index), request), mix(daySeed + index)),
      indexOfCopy: (original) => {
        const copy = Math.floor(original / width);
        return copy < count && originalOf(copy) === original ? copy : undefined;
      },
    };
  }
}

/** Half the copies are byte-equal; the others are a later version. Without `$insert_id` another text is another event. */
function copyOf(row: EventRow, chance: number): EventRow {
  if (row.insertId === null || chance % 2 === 0) return row;
  return {
    ...row,
    apiMs: row.apiMs + 1000,
    processingMs: row.processingMs + 1000 + (chance % 60_000),
    members: `${row.members},"revision":2`,
  };
}

function expectedOf(row: EventRow): ExpectedEvent {
  const { event, insertId, timeMs, trueUtcMs, distinctId, sentDistinctId, processingMs } = row;
  return {
    event,
    insertId,
    timeMs,
    trueUtcMs,
    distinctId,
    sentDistinctId,
    processingMs,
    line: lineOf(row, true),
  };
}

interface Range {
  readonly track: Track;
  readonly from: number;
  readonly to: number;
}

function rowAtPlace(ranges: readonly Range[], place: number): EventRow | undefined {
  let rest = place;
  for (const { track, from, to } of ranges) {
    if (rest < to - from) return track.rowAt(from + rest);
    rest -= to - from;
  }
  return undefined;
}

function firstAtOrAfter(track: Track, utcMs: number): number {
  let [low, high] = [0, track.count];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (track.timeAt(middle) < utcMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Every number below the count once, by steps that share no divisor with it: no memory, whatever the count. */
function* permutation(count: number, seed: number): Generator<number> {
  if (count === 0) return;
  let step = Math.max(1, Math.floor(count * (0.3 + (seed % 1000) / 2500)));
  while (greatestDivisor(step, count) !== 1) step += 1;
  let place = seed % count;
  for (let number = 0; number < count; number += 1) {
    yield place;
    place = (place + step) % count;
  }
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
