import * as z from 'zod';

/** One rule of `POST /_sim/faults`: what goes wrong, for which calls, how often. */
export const faultSchema = z.strictObject({
  service: z.enum(['s3', 'sqs', 'secretsmanager']),
  /** The operation's name in the SDK without "Command", or any. */
  operation: z.string().optional(),
  /** Text in what is acted on: `bucket/key`, a queue's URL, a secret's id. */
  match: z.string().optional(),
  times: z.int().min(1).default(1),
  /** Calls that fit and still pass before the first one fails. */
  skip: z.int().min(0).default(0),
  /** `before`: nothing is done. `after`: it is done, and the client does not learn of it. */
  when: z.enum(['before', 'after']).default('before'),
  /** `reset` cuts the connection; `after` a read that is in the middle of the body. */
  kind: z.enum(['reset', '500', '503']),
});

/** A rule, its defaults filled in. */
export type Fault = z.output<typeof faultSchema>;

/** What a call is, as faults and statistics name it. */
export interface CallName {
  readonly service: Fault['service'];
  readonly operation: string;
  readonly subject: string;
}

/** The faults that are set, and the calls that were counted. */
export interface Faults {
  add(fault: Fault): void;
  clear(): void;
  /** Counts the call and gives the fault that hits it, if any. */
  take(call: CallName): Fault | undefined;
  stats(): { readonly calls: Record<string, number>; readonly faults: Record<string, number> };
}

/** No faults, nothing counted. */
export function createFaults(): Faults {
  let rules: Fault[] = [];
  const calls = new Map<string, number>();
  const hits = new Map<string, number>();
  return {
    add: (fault) => void rules.push({ ...fault }),
    clear: () => {
      rules = [];
    },
    take(call) {
      const name = `${call.service}.${call.operation}`;
      calls.set(name, (calls.get(name) ?? 0) + 1);
      const index = rules.findIndex((rule) => fits(rule, call));
      const rule = rules[index];
      if (rule === undefined) return undefined;
      if (rule.skip > 0) {
        rules[index] = { ...rule, skip: rule.skip - 1 };
        return undefined;
      }
      rules =
        rule.times === 1 ? rules.toSpliced(index, 1) : rules.with(index, { ...rule, times: rule.times - 1 });
      hits.set(name, (hits.get(name) ?? 0) + 1);
      return rule;
    },
    stats: () => ({ calls: Object.fromEntries(calls), faults: Object.fromEntries(hits) }),
  };
}

function fits(rule: Fault, call: CallName): boolean {
  return (
    rule.service === call.service &&
    (rule.operation === undefined || rule.operation === call.operation) &&
    (rule.match === undefined || call.subject.includes(rule.match))
  );
}
