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
  // The runtime comes first: "UTC" is a Windows name too, and is to stay "UTC".
  const windowsZone = findIana(name)[0];
  return known(name) ?? (windowsZone === undefined ? undefined : known(windowsZone));
}

function known(name: string): string | undefined {
  try {
    return Temporal.Now.zonedDateTimeISO(name).timeZoneId;
  } catch {
    return undefined;
  }
}
