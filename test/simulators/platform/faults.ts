import * as z from 'zod';
import type { Reply } from './reply.ts';
import { gatewayError, problem } from './reply.ts';

/** A fault of one request: what happens instead of the answer, before the simulator acts or after it has acted. */
export const requestFaultSchema = z.strictObject({
  route: z.string().min(1),
  when: z.enum(['before', 'after']).default('before'),
  kind: z.enum(['reset', '500', '503', '429', '401013', 'slow']),
  times: z.int().min(1).default(1),
  /** Requests of the route that pass before the fault begins. */
  skip: z.int().min(0).default(0),
  retryAfter: z.int().min(0).optional(),
  /** For `slow`. */
  delayMs: z.int().min(0).max(600_000).default(1000),
});

/** A fault of ingestion: what becomes of a batch after COMPLETE. */
export const outcomeFaultSchema = z.strictObject({
  outcome: z.enum(['failed', 'stalled', 'retrying', 'partial']),
  /** Which completed batch from now on, the next one being 1. */
  nth: z.int().min(1).default(1),
  /** For `partial`: how many rows are lost. */
  rows: z.int().min(1).default(1),
});

/** A fault as a test may ask for it. */
export const faultSchema = z.union([requestFaultSchema, outcomeFaultSchema]);

/** Every default filled in. */
export type RequestFault = z.output<typeof requestFaultSchema>;
/** Every default filled in. */
export type OutcomeFault = z.output<typeof outcomeFaultSchema>;
/** Either kind; only a request's has a `route`. */
export type Fault = RequestFault | OutcomeFault;
/** A fault as a test writes it, defaults left out. */
export type FaultInput = z.input<typeof faultSchema>;

/** Faults drawn by chance, the same ones for the same seed and the same order of requests. */
export interface BadDay {
  readonly seed: number;
  /** Share of requests that go wrong, 0 to 1. */
  readonly rate: number;
}

/** Chance alone never breaks a route more often than this in a row, so that a client with patience gets through. */
const maxConsecutiveFaults = 2;

/** Which fault, if any, meets a request or a batch. */
export class FaultPlan {
  #requests: RequestFault[] = [];
  #outcomes: OutcomeFault[] = [];
  readonly #random: (() => number) | undefined;
  readonly #rate: number;
  readonly #streaks = new Map<string, number>();
  fired = 0;

  constructor(badDay: BadDay | undefined) {
    this.#random = badDay && seededRandom(badDay.seed);
    this.#rate = badDay?.rate ?? 0;
  }

  add(fault: Fault): void {
    if ('route' in fault) this.#requests.push({ ...fault });
    else this.#outcomes.push({ ...fault });
  }

  clear(): void {
    this.#requests = [];
    this.#outcomes = [];
  }

  pending(): Fault[] {
    return [...this.#requests, ...this.#outcomes];
  }

  /** Takes the fault for a request of that route. */
  forRequest(route: string): RequestFault | undefined {
    const fault = this.#requests.find((candidate) => candidate.route === route || candidate.route === '*');
    if (fault === undefined) return this.#byChance(route);
    if (fault.skip > 0) {
      fault.skip -= 1;
      return undefined;
    }
    fault.times -= 1;
    if (fault.times === 0) this.#requests = this.#requests.filter((candidate) => candidate !== fault);
    this.fired += 1;
    return fault;
  }

  /** Takes the fault for a batch that is being completed. */
  forBatch(): OutcomeFault | undefined {
    const due = this.#outcomes.find((candidate) => candidate.nth === 1);
    this.#outcomes = this.#outcomes.filter((candidate) => candidate !== due);
    for (const waiting of this.#outcomes) waiting.nth = Math.max(1, waiting.nth - 1);
    if (due !== undefined) this.fired += 1;
    return due ?? this.#retryingByChance();
  }

  #retryingByChance(): OutcomeFault | undefined {
    if (this.#random === undefined || this.#random() >= this.#rate) return undefined;
    this.fired += 1;
    return outcomeFaultSchema.parse({ outcome: 'retrying' });
  }

  #byChance(route: string): RequestFault | undefined {
    if (this.#random === undefined) return undefined;
    const streak = this.#streaks.get(route) ?? 0;
    if (this.#random() >= this.#rate || streak >= maxConsecutiveFaults) {
      this.#streaks.set(route, 0);
      return undefined;
    }
    this.#streaks.set(route, streak + 1);
    this.fired += 1;
    const kinds = ['reset', '500', '503', '429', '401013', 'slow'] as const;
    const kind = kinds[Math.floor(this.#random() * kinds.length)] ?? 'reset';
    // A refused request has not been acted on; only a lost or broken answer leaves that open.
    const refused = kind === '429' || kind === '401013';
    const when = refused || this.#random() < 0.5 ? 'before' : 'after';
    return requestFaultSchema.parse({
      route,
      kind,
      when,
      delayMs: 300,
      ...(kind === '429' ? { retryAfter: 1 } : {}),
    });
  }
}

/** The answer that a fault gives; a reset and a delay have none of their own. */
export function faultReply(fault: RequestFault): Reply | undefined {
  switch (fault.kind) {
    case '500':
      return problem(500, 'InternalServerError', 'an injected fault').reply;
    case '503':
      return withRetryAfter(problem(503, 'ServiceUnavailable', 'an injected fault').reply, fault.retryAfter);
    case '429':
      return gatewayError(429, '429050', 'Too many requests', fault.retryAfter).reply;
    case '401013':
      return gatewayError(401, '401013', 'Oauth token is not valid').reply;
    default:
      return undefined;
  }
}

function withRetryAfter(reply: Reply, seconds: number | undefined): Reply {
  return seconds === undefined ? reply : { ...reply, headers: { 'retry-after': String(seconds) } };
}

/** A small generator with a seed (xorshift, 32 bits); its numbers only have to be repeatable. */
function seededRandom(seed: number): () => number {
  // Zero is the one state that it never leaves.
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 4_294_967_296;
  };
}
