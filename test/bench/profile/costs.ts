import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { parseJsonWith } from '../../../functions/shared/parse.ts';

const profileSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string() }),
    }),
  ),
  /** The node that each sample met, and the microseconds since the one before. */
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});
type Profile = z.output<typeof profileSchema>;

/** Time that a function was itself at work, without what it called. */
export interface ProfiledCost {
  readonly what: string;
  readonly ms: number;
}

/** What V8's profiler wrote into a folder, which holds one profile. */
export function readProfile(dir: string): Profile {
  const [file, ...others] = readdirSync(dir);
  if (file === undefined || others.length > 0) throw new Error(`${dir} holds not one profile`);
  return parseJsonWith(profileSchema, readFileSync(join(dir, file), 'utf8'), 'reading a profile');
}

/** The functions of a profile, the most expensive first; waiting is not work. */
export function costsOf({ nodes, samples, timeDeltas }: Profile): {
  readonly activeMs: number;
  readonly costs: readonly ProfiledCost[];
} {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const byName = new Map<string, number>();
  let activeMs = 0;
  for (const [index, id] of samples.entries()) {
    const what = names.get(id) ?? 'unknown';
    if (what === '(idle)') continue;
    const ms = Math.max(0, timeDeltas[index] ?? 0) / 1000;
    activeMs += ms;
    byName.set(what, (byName.get(what) ?? 0) + ms);
  }
  const costs = [...byName].map(([what, ms]) => ({ what, ms })).sort((one, other) => other.ms - one.ms);
  return { activeMs, costs };
}

function nameOf({ functionName, url }: Profile['nodes'][number]['callFrame']): string {
  // V8's own, such as `(idle)` and `(garbage collector)`, have no file.
  if (url === '') return functionName || '(anonymous, native)';
  const file = url.startsWith('node:') ? url : basename(url);
  return `${functionName || '(anonymous)'} ${file}`;
}
