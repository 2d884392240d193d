import type { ObjectValue, Value } from './values/value.ts';

/** Stands in for whatever is no object, so that a read of it finds nothing. */
const nothing: ObjectValue = Object.freeze(Object.create(null));

/** The value as an object to read keys of; an empty one when it is none. */
export function asObject(value: unknown): ObjectValue {
  return isRecord(value) ? value : nothing;
}

function isRecord(value: unknown): value is ObjectValue {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A key of an object, never what the object inherits. */
export function own(object: ObjectValue, name: string): Value {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** A place in a list; nothing when the value is no list, or is too short. */
export function at(list: unknown, index: number): Value {
  return Array.isArray(list) && index >= 0 ? list[index] : undefined;
}

/** Whether some key has a dot: then a path of several names may be this one key. */
export function hasDottedKey(record: ObjectValue): boolean {
  for (const name in record) if (name.includes('.')) return true;
  return false;
}

/** Names that every object inherits: only these need the check that the key is the object's own. */
export const inheritedNames: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));

/**
 * Adobe's own Mixpanel source shows an event as one flat object `data`, with `event_name` beside the properties and
 * without their leading `$`. A record that has a `data` of its own keeps it.
 */
export function flatField(record: ObjectValue, name: string): Value {
  if (Object.hasOwn(record, 'data')) return own(asObject(record.data), name);
  if (name === 'event_name') return own(record, 'event');
  const properties = asObject(own(record, 'properties'));
  return Object.hasOwn(properties, name) ? properties[name] : own(properties, `$${name}`);
}

/** The whole flat object; where two properties differ only by `$`, the one without wins. */
export function flatRecord(record: ObjectValue): Value {
  if (Object.hasOwn(record, 'data')) return record.data;
  const flat: Record<string, Value> = Object.create(null);
  const event = own(record, 'event');
  if (event !== undefined) flat.event_name = event;
  const properties = asObject(own(record, 'properties'));
  for (const name of Object.keys(properties)) {
    const plain = name.startsWith('$') ? name.slice(1) : name;
    if (plain === name || !Object.hasOwn(properties, plain)) flat[plain] = properties[name];
  }
  return flat;
}
