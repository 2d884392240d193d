import { withExactIntegers } from './mapping/exact-json.ts';
import type { Value } from './mapping/values/value.ts';
import { asEvent, type MixpanelEvent } from './mixpanel/event.ts';

/**
 * Where an event names a person: Mixpanel's ids, those as sent before identities were merged, and those that events about
 * identities link. `alias` is such a property in one event alone; elsewhere it is anybody's own.
 */
export const personProperties = [
  'distinct_id',
  '$user_id',
  '$device_id',
  '$distinct_id_before_identity',
  '$identified_id',
  '$anon_id',
  '$anon_distinct_id',
  '$distinct_ids',
  '$preshuffle_distinct_id',
  'mp_original_distinct_id',
] as const;
const aliasEvent = '$create_alias';

/** Simplified identity merge writes a device's id as `distinct_id` behind this. */
const devicePrefix = '$device:';

/** An id as it is compared: a device is the same with and without its prefix. */
export function plainId(id: string): string {
  return id.startsWith(devicePrefix) ? id.slice(devicePrefix.length) : id;
}

/** The other form in which the id of a device stands in events. */
export function prefixedId(id: string): string {
  return `${devicePrefix}${plainId(id)}`;
}

/**
 * Every id that an event names a person by, each once, as {@link plainId}.
 *
 * @param line of an event, proven to be one. An integer is taken with all its digits.
 */
export function personIds(line: Buffer): readonly string[] {
  const text = line.toString('utf8');
  const parsed: Value = JSON.parse(text);
  const event = asEvent(withExactIntegers(text, parsed));
  return event === undefined ? [] : textsOf(valuesOf(event));
}

function valuesOf({ event, properties }: MixpanelEvent): unknown[] {
  const values: unknown[] = [];
  for (const name of personProperties) {
    const value = properties[name];
    if (Array.isArray(value)) values.push(...value);
    else if (value !== undefined) values.push(value);
  }
  if (event === aliasEvent) values.push(properties.alias);
  return values;
}

function textsOf(values: readonly unknown[]): string[] {
  const texts = new Set<string>();
  for (const value of values) {
    if (typeof value === 'string') texts.add(plainId(value));
    else if (typeof value === 'number' || typeof value === 'bigint') texts.add(String(value));
  }
  texts.delete('');
  return [...texts];
}
