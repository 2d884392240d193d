import * as z from 'zod';
import { RetryableError } from '../../functions/shared/errors.ts';
import { reconciliationKey } from '../../functions/shared/object-keys.ts';
import type { ObjectStore } from '../../functions/shared/object-store.ts';
import { readJson, updateJson } from '../../functions/shared/stored-json.ts';
import type { WindowSummary } from '../../functions/shared/window-summary.ts';
import { differenceKinds, type Reconciliation } from './reconciliation.ts';

const keptSchema = z.object({
  version: z.literal(1),
  /** When all windows were last held to Platform, and how many there were. */
  whole: z.object({ at: z.iso.datetime(), windows: z.int().nonnegative() }).nullable(),
  /** Windows that differed when they were last looked at; those that did not are not kept. */
  differing: z.record(
    z.string(),
    z.object({
      checkedAt: z.iso.datetime(),
      differences: z.array(z.object({ kind: z.enum(differenceKinds), text: z.string() })),
    }),
  ),
});
/** What the last reconciliations of a source found, for those who don't ask Platform again. */
export type KeptReconciliation = z.output<typeof keptSchema>;

/** A window that differed when Platform was last asked, and has not been delivered since. */
export interface KnownDifference {
  readonly date: string;
  readonly checkedAt: string;
  readonly texts: readonly string[];
}

const fresh = (): KeptReconciliation => ({ version: 1, whole: null, differing: {} });

function stored(store: ObjectStore, source: string) {
  // One that can't be read is as good as none: it holds nothing that Platform would not say again.
  const schema = keptSchema.catch(fresh);
  return { store, key: reconciliationKey(source), schema, what: 'the reconciliation' };
}

export async function readReconciliation(store: ObjectStore, source: string): Promise<KeptReconciliation> {
  return (await readJson(stored(store, source))) ?? fresh();
}

/** Keeps what was found; of windows that were not looked at, what was found before. @param isWhole all windows were. */
export async function keepReconciliation(
  store: ObjectStore,
  source: string,
  { found, isWhole, nowMs }: { found: readonly Reconciliation[]; isWhole: boolean; nowMs: number },
): Promise<void> {
  await updateJson(stored(store, source), {
    fresh,
    contended: (message) => new RetryableError('reconciliation_contended', message),
    change: (before) => {
      const differing = { ...before.differing };
      for (const { date, checkedAt, differences, isPending } of found) {
        // What a window was found to be says nothing more and nothing else while something is on its way for it.
        if (isPending) continue;
        delete differing[date];
        if (differences.length > 0) differing[date] = { checkedAt, differences: [...differences] };
      }
      const whole = isWhole ? { at: new Date(nowMs).toISOString(), windows: found.length } : before.whole;
      return { ...before, whole, differing };
    },
  });
}

/** What is kept and still counts: a delivery since then has made something else of its window. */
export function knownDifferences(
  { differing }: KeptReconciliation,
  windows: readonly { readonly summary: WindowSummary }[],
): KnownDifference[] {
  return windows.flatMap(({ summary: { date, completedAt } }) => {
    const found = differing[date];
    if (found === undefined || (completedAt ?? '') > found.checkedAt) return [];
    return [{ date, checkedAt: found.checkedAt, texts: found.differences.map(({ text }) => text) }];
  });
}
