import {
  addForgotten,
  createIsForgotten,
  createIsOnList,
  digestOfId,
  openForgotten,
} from '../../functions/shared/forgotten.ts';
import { plainId } from '../../functions/shared/person-ids.ts';
import { type ProgressLine, silentProgress } from '../operator/progress-line.ts';
import type { ForgetDeps } from './forget-deps.ts';
import { createForgetRecord, type ForgetRecordStore } from './forget-record.ts';
import type { WindowResult } from './forget-window.ts';
import { forgetWindows } from './forget-windows.ts';

/** Where people are to be forgotten. */
export type ForgetPlace = Pick<
  ForgetDeps,
  'source' | 'store' | 'ledgers' | 'windowQueue' | 'reloads' | 'reason' | 'clock'
>;

export interface PeopleToForget {
  /** As they were asked for. */
  readonly ids: readonly string[];
  /** Every text under which one of them may stand in an event. */
  readonly texts: readonly string[];
}

/**
 * Takes people out of a source's archive. The list comes first: what is exported from then on brings nobody back. Stopped
 * anywhere, it is gone on with by being called again.
 */
export async function forgetPeople(
  place: ForgetPlace,
  { ids, texts }: PeopleToForget,
  progress: ProgressLine = silentProgress,
): Promise<{ readonly windows: readonly WindowResult[]; readonly record: ForgetRecordStore }> {
  const { store, source, reason, clock } = place;
  const list = await addForgotten(store, source, texts.map(plainId));
  const digests = [...new Set(ids.map((id) => digestOfId(list.key, plainId(id))))];
  const record = createForgetRecord({ store, source, digests, reason, clock });
  // Written even where no event will be found: that, too, is to be shown.
  await record.update((found) => ({ ...found }));
  const deps: ForgetDeps = {
    ...place,
    record,
    forgotten: await openForgotten(store, source),
    isForgotten: createIsForgotten(list) ?? (() => false),
    isOnList: createIsOnList(list),
    digests: list.digests,
  };
  return { windows: await forgetWindows(deps, progress), record };
}
