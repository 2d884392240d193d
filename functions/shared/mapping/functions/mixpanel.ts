import { newObject, type Value } from '../values/value.ts';
import { type FunctionSpec, fn } from './registry.ts';

/** What trackers send when they have no id; a person of this name would be everybody. Compared in lower case. */
const bannedIds = new Set([
  ...[
    'anon',
    'anonymous',
    'null',
    'nil',
    'none',
    'undefined',
    'unknown',
    'nan',
    'n/a',
    'na',
    'true',
    'false',
  ],
  ...['0', '-1', '[]', '{}', '[object object]', '00000000-0000-0000-0000-000000000000', 'lmy47d'],
]);
/** The longest banned id. */
const maxBannedLength = 36;
const devicePrefix = '$device:';

/** The id as text, null when it names nobody. */
export function usableId(value: Value): string | null {
  const isId = typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint';
  const id = isId ? String(value) : '';
  if (id === '') return null;
  if (id.length > maxBannedLength) return id.trim() === '' ? null : id;
  const trimmed = id.trim();
  return trimmed === '' || bannedIds.has(trimmed.toLowerCase()) ? null : id;
}

/** A device's id without the prefix that simplified identity merge puts before it. */
function deviceId(value: Value): string | null {
  const prefixed = typeof value === 'string' && value.startsWith(devicePrefix);
  return usableId(prefixed ? value.slice(devicePrefix.length) : value);
}

/** The identities of an event, by namespace, and which of them is the primary one. */
interface Identities {
  readonly user: string | null;
  readonly device: string | null;
  readonly distinct: string | null;
}

function identities(userId: Value, device: Value, distinctId: Value): Identities {
  const isDevice = typeof distinctId === 'string' && distinctId.startsWith(devicePrefix);
  return {
    user: usableId(userId),
    device: deviceId(device) ?? (isDevice ? deviceId(distinctId) : null),
    distinct: isDevice ? null : usableId(distinctId),
  };
}

/** `identityMap` of an event: the user, else the device, else the distinct id is primary. */
export function identityMap(userId: Value, device: Value, distinctId: Value): Value {
  const { user, device: deviceText, distinct } = identities(userId, device, distinctId);
  const made = newObject();
  const add = (namespace: string, id: string | null, state: string, primary: boolean) => {
    if (id !== null) made[namespace] = [{ id, authenticatedState: state, primary }];
  };
  add('MIXPANELUSER', user, 'authenticated', true);
  add('MIXPANELDEVICE', deviceText, 'ambiguous', user === null);
  add('MIXPANEL', distinct, 'ambiguous', user === null && deviceText === null);
  return made;
}

/** The same as JSON text, written directly: it is made for every event. Empty when nobody is named. */
export function identityMapText(
  quote: (text: string) => string,
  userId: Value,
  device: Value,
  distinctId: Value,
): string {
  const { user, device: deviceText, distinct } = identities(userId, device, distinctId);
  let text = '';
  if (user !== null)
    text = `"MIXPANELUSER":[{"id":${quote(user)},"authenticatedState":"authenticated","primary":true}]`;
  if (deviceText !== null) {
    text += `${text === '' ? '' : ','}"MIXPANELDEVICE":[{"id":${quote(deviceText)},"authenticatedState":"ambiguous","primary":${user === null}}]`;
  }
  if (distinct !== null) {
    const primary = user === null && deviceText === null;
    text += `${text === '' ? '' : ','}"MIXPANEL":[{"id":${quote(distinct)},"authenticatedState":"ambiguous","primary":${primary}}]`;
  }
  return text === '' ? '' : `{${text}}`;
}

/** What a property name of the map would look like after `$` was replaced, and names made to tell those apart. */
const reservedName = /^(?:custom_)*(?:mixpanel_.*)?$/s;

/**
 * The key of a property in the map of all other properties: `$city` becomes `mixpanel_city`, other names stay as they
 * are. No two names get the same key: a name that looks like a replaced one is told apart by `custom_`.
 */
export function propertyKey(name: string): string {
  if (name.startsWith('$')) return `mixpanel_${name.slice(1)}`;
  return reservedName.test(name) ? `custom_${name}` : name;
}

/**
 * Functions of our own, for what the language has no words for. They work here and nowhere else, so a set that uses
 * them can't be taken over to Platform as it is. `mixpanel_other_properties` is one more; the compiler writes it.
 */
export const mixpanelFunctions: Readonly<Record<string, FunctionSpec>> = {
  mixpanel_id: fn(1, 1, (value) => usableId(value)),
  mixpanel_identity_map: fn(3, 3, identityMap),
};
