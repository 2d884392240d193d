import { Temporal } from 'temporal-polyfill';
import { findIana } from 'windows-iana';

/**
 * Resolves a time zone as users write it: an IANA name (`Europe/Madrid`), an alias that Mixpanel shows (`US/Pacific`)
 * or a Windows name that Adobe's own Mixpanel source asks for (`Pacific Standard Time`).
 *
 * @returns an IANA name that the runtime knows, or undefined when nothing of that name exists.
 */
export function resolveTimeZone(name: string): string | undefined {
  // A fixed offset such as "+02:00" is accepted by the runtime, but it is no project time zone: DST would be lost.
  if (/^[+-]/.test(name)) return undefined;
  const candidate = findIana(name)[0] ?? name;
  try {
    return Temporal.Now.zonedDateTimeISO(candidate).timeZoneId;
  } catch {
    return undefined;
  }
}
