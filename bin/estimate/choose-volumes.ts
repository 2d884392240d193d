import type { ObjectStore } from '../../functions/shared/object-store.ts';
import { type GivenVolumes, usualEventBytes } from './volume-options.ts';
import { givenVolumes, measureVolumes, type Volumes } from './volumes.ts';

/** What is given, or else what the last weeks were; undefined where neither is known. */
export async function chooseVolumes(
  { eventsPerDay, eventBytes }: GivenVolumes,
  {
    store,
    source,
    newest,
  }: { readonly store: ObjectStore; readonly source: string; readonly newest: string },
): Promise<Volumes | undefined> {
  if (eventsPerDay !== undefined && eventBytes !== undefined) return givenVolumes(eventsPerDay, eventBytes);
  const measured = await measureVolumes(store, source, newest);
  if (eventsPerDay === undefined && eventBytes === undefined) return measured;
  const events = eventsPerDay ?? measured?.eventsPerWindow;
  if (events === undefined) return undefined;
  const measuredBytes =
    measured === undefined || measured.eventsPerWindow === 0
      ? usualEventBytes
      : measured.bytesPerWindow / measured.eventsPerWindow;
  return givenVolumes(events, eventBytes ?? measuredBytes);
}
