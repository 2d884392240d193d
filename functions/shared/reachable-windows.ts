import { firstWindow } from './messages.ts';
import { windowOf } from './window.ts';

/** Kiritimati's day begins first, at UTC+14, and behind Etc/GMT+12 no place is left where one could be still to come. */
const [firstZone, lastZone] = ['Pacific/Kiritimati', 'Etc/GMT+12'];

/**
 * What is wrong with asking for the windows from one to the other, both included; nothing for most.
 *
 * @param zones in which Mixpanel may read the source's dates. @default any there is
 */
export function unreachable(
  from: string,
  to: string,
  nowMs: number,
  zones?: readonly string[],
): readonly string[] {
  const latest = (zones ?? [firstZone])
    .map((zone) => windowOf(nowMs, zone))
    .reduce((one, other) => (one > other ? one : other));
  const where = zones === undefined ? 'anywhere' : `in ${zones.join(' or ')}`;
  return [
    ...(from < firstWindow ? [`found ${from}; the first window is ${firstWindow}`] : []),
    ...(to > latest ? [`found ${to}; the last window that has begun ${where} is ${latest}`] : []),
  ];
}

/** Whether a window has begun, whatever the zone. */
export function hasBegunEverywhere(date: string, nowMs: number): boolean {
  return date <= windowOf(nowMs, lastZone);
}
