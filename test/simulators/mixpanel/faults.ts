import * as z from 'zod';
import { Random, seedFrom } from './data/random.ts';

const share = z.number().min(0).max(1);
const count = z.int().min(0);

/** Which requests a fault meets. */
const selection = {
  projectId: count.optional(),
  /** Only exports that cover this day. */
  day: z.string().optional(),
  /** Not before the nth export, counted from 1, that this fault could have met. */
  nth: z.int().min(1).optional(),
  /** How often it strikes; 0 is without end. @default 1 */
  times: count.optional(),
};

/** Where in the body it strikes: after so many rows or, otherwise, that share of the rows. */
const place = { afterRows: count.optional(), afterShare: share.optional() };

const terminatedTexts = ['export terminated early', 'terminated early'] as const;
const statuses = [400, 401, 402, 403, 404, 408, 429, 500, 502, 503, 504] as const;

/** Every fault that can be injected, as `POST /_sim/faults` takes it. */
export const faultSchema = z.discriminatedUnion('kind', [
  /** In-band text inside a 200; without a place it is the last line, with `afterRows: 0` the whole body. */
  z.strictObject({
    kind: z.literal('terminatedEarly'),
    text: z.enum(terminatedTexts).optional(),
    ...selection,
    ...place,
  }),
  /** The body ends with the begin of an error object. */
  z.strictObject({ kind: z.literal('errorTail'), ...selection, ...place }),
  /** TCP reset in the middle of a line. */
  z.strictObject({ kind: z.literal('reset'), ...selection, ...place }),
  /** The connection is closed at a line boundary, without the last chunk. */
  z.strictObject({ kind: z.literal('close'), ...selection, ...place }),
  /** Rows are missing and nothing shows it: body and gzip end cleanly. No client can tell. */
  z.strictObject({ kind: z.literal('shortEnd'), ...selection, ...place }),
  /** HTTP ends cleanly, but the last bytes are missing: of the gzip stream, or of the last line. */
  z.strictObject({
    kind: z.literal('gzipCut'),
    bytes: z.int().min(1).max(1000).optional(),
    ...selection,
    ...place,
  }),
  /** A line that is no event. */
  z.strictObject({ kind: z.literal('badLine'), line: z.string().optional(), ...selection, ...place }),
  /** Nothing more comes for `ms`, or ever. */
  z.strictObject({ kind: z.literal('stall'), ms: count.optional(), ...selection, ...place }),
  /** Even the headers wait. */
  z.strictObject({ kind: z.literal('slowFirstByte'), ms: count, ...selection }),
  /** Every chunk has so many bytes: characters and gzip blocks are split everywhere. */
  z.strictObject({ kind: z.literal('tinyChunks'), bytes: z.int().min(1), ...selection }),
  /** An error instead of the export; `error` replaces its usual words. */
  z.strictObject({
    kind: z.literal('status'),
    status: z.literal(statuses),
    error: z.string().optional(),
    retryAfterSeconds: count.optional(),
    ...selection,
  }),
]);

/** One fault to inject, and when. */
export type Fault = z.output<typeof faultSchema>;

/** A random mix: each day of a project has up to `maxPerDay` failing exports, then all is well. */
export const badDaysSchema = z.strictObject({ seed: z.int(), maxPerDay: z.int().min(1).max(20) });
/** The random mix, in its own words. */
export type BadDays = z.output<typeof badDaysSchema>;

/** The export that a fault may meet. */
export interface FaultTarget {
  readonly projectId: number;
  readonly days: readonly string[];
}

/** Decides which fault, if any, meets a request. */
export class FaultPlan {
  #faults: { readonly fault: Fault; met: number; struck: number }[] = [];
  #badDays: BadDays | undefined;
  /** Faults of the random mix that already struck, by project and day. */
  readonly #spent: Map<string, number>;

  constructor(faults: readonly Fault[], badDays: BadDays | undefined, spent: Map<string, number>) {
    this.#spent = spent;
    this.setFaults(faults);
    this.#badDays = badDays;
  }

  setFaults(faults: readonly Fault[]): void {
    this.#faults = faults.map((fault) => ({ fault, met: 0, struck: 0 }));
  }

  setBadDays(badDays: BadDays | undefined): void {
    this.#badDays = badDays;
  }

  /** Counts the request and returns the first fault that strikes it. */
  next(target: FaultTarget): Fault | undefined {
    let chosen: Fault | undefined;
    for (const entry of this.#faults.filter(({ fault }) => isMeant(fault, target))) {
      entry.met += 1;
      const { nth, times = 1 } = entry.fault;
      const left = times === 0 || entry.struck < times;
      if (chosen !== undefined || !left || (nth !== undefined && entry.met < nth)) continue;
      entry.struck += 1;
      chosen = entry.fault;
    }
    return chosen ?? this.#nextOfMix(target);
  }

  #nextOfMix({ projectId, days: [day] }: FaultTarget): Fault | undefined {
    if (this.#badDays === undefined || day === undefined) return undefined;
    const { seed, maxPerDay } = this.#badDays;
    const key = `${projectId} ${day}`;
    const struck = this.#spent.get(key) ?? 0;
    if (struck >= new Random(seedFrom(seed, key)).between(0, maxPerDay)) return undefined;
    this.#spent.set(key, struck + 1);
    return randomFault(new Random(seedFrom(seed, key, struck)));
  }
}

function isMeant(fault: Fault, target: FaultTarget): boolean {
  const dayMatches = fault.day === undefined || target.days.includes(fault.day);
  return dayMatches && (fault.projectId === undefined || fault.projectId === target.projectId);
}

/** Only what a client can notice and outlive: silent loss, refused credentials and endless stalls are no part of a mix. */
function randomFault(random: Random): Fault {
  const afterShare = random.fraction();
  const kinds: readonly Fault[] = [
    { kind: 'terminatedEarly', text: random.pick(terminatedTexts), afterShare },
    { kind: 'terminatedEarly', text: random.pick(terminatedTexts), afterRows: 0 },
    { kind: 'errorTail', afterShare },
    { kind: 'reset', afterShare },
    { kind: 'close', afterShare },
    { kind: 'gzipCut', afterShare },
    { kind: 'status', status: 429, retryAfterSeconds: 1 },
    { kind: 'status', status: random.pick([500, 502, 503, 504]) },
  ];
  return random.pick(kinds);
}
