import * as z from 'zod';
import { RetryableError } from './errors.ts';
import { sourceWatchKey } from './object-keys.ts';
import type { ObjectStore } from './object-store.ts';
import { formatVersion, keptObject } from './stored-format.ts';
import { createJson, readJson, type StoredJson, updateJson } from './stored-json.ts';

/** What Mixpanel said of a source's credential and project when it was last asked. */
const mixpanelLookSchema = z.object({
  at: z.iso.datetime(),
  /** The credential, as messages name it: no secret. */
  account: z.string(),
  /** When the credential ends; null where it has no end, or Mixpanel does not tell. */
  endsAt: z.iso.datetime().nullable(),
  /** The project's time zone and the host of its region, in Mixpanel's words; null where it does not tell. */
  timezone: z.string().nullable(),
  domain: z.string().nullable(),
});
export type MixpanelLook = z.output<typeof mixpanelLookSchema>;

/** What the plan function has seen of a source, so that `status` knows it without asking a vendor. */
export const sourceWatchSchema = keptObject({
  version: formatVersion(1),
  /** Its first look: the source is deployed since then, whatever else was done for it. */
  since: z.iso.datetime(),
  mixpanel: mixpanelLookSchema.nullable(),
});
export type SourceWatch = z.output<typeof sourceWatchSchema>;

const watchOf = (store: ObjectStore, source: string): StoredJson<typeof sourceWatchSchema> => ({
  store,
  key: sourceWatchKey(source),
  schema: sourceWatchSchema,
  what: 'the record of looks',
});

const firstLook = (nowMs: number): SourceWatch => ({
  version: 1,
  since: new Date(nowMs).toISOString(),
  mixpanel: null,
});

/** The record of a source's looks; undefined before the first. */
export function readSourceWatch(store: ObjectStore, source: string): Promise<SourceWatch | undefined> {
  return readJson(watchOf(store, source));
}

/**
 * The same, begun now where there is none.
 *
 * @param onFailure told when it could not be written, which keeps nobody from looking.
 */
export async function beginSourceWatch(
  store: ObjectStore,
  { source, nowMs }: { readonly source: string; readonly nowMs: number },
  onFailure: (error: unknown) => void,
): Promise<SourceWatch> {
  const there = await readSourceWatch(store, source);
  if (there !== undefined) return there;
  const first = firstLook(nowMs);
  try {
    return await createJson(watchOf(store, source), first);
  } catch (error) {
    onFailure(error);
    return first;
  }
}

/** Keeps what Mixpanel has just said. */
export async function noteMixpanelLook(
  store: ObjectStore,
  source: string,
  mixpanel: MixpanelLook,
): Promise<void> {
  await updateJson(watchOf(store, source), {
    fresh: () => firstLook(Date.parse(mixpanel.at)),
    change: (watch) => ({ ...watch, mixpanel }),
    contended: (message) => new RetryableError('watch_contended', message),
  });
}
