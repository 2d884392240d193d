import { coerce } from '../coerce.ts';
import type { FieldShape } from '../field-shape.ts';
import { jsonText } from '../values/text.ts';
import type { Value } from '../values/value.ts';

/** Texts longer than this are left to JSON.stringify, which is faster than looking at each character first. */
const maxScanned = 64;

/** A text as JSON. Short texts without anything to escape, nearly all of an event's, need no call of the library. */
export function quote(text: string): string {
  const { length } = text;
  if (length > maxScanned) return JSON.stringify(text);
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 32 || code === 34 || code === 92 || code >= 0xd800) return JSON.stringify(text);
  }
  return `"${text}"`;
}

/** A value for a text field as JSON; empty when there is nothing to write. */
export function stringText(value: Value): string {
  if (typeof value === 'string') return value === '' ? '' : quote(value);
  if (value === null || value === undefined) return '';
  return typeof value === 'number' ? `"${value}"` : fieldText(value, 'string');
}

/** A value for any field as JSON; empty when there is nothing to write. @throws {MappingError} on a wrong type. */
export function fieldText(value: Value, shape: FieldShape): string {
  const kept = coerce(value, shape);
  return kept === undefined ? '' : jsonText(kept);
}

/** A property in the map of texts: numbers and the like as their JSON. */
export function propertyText(value: Value): string {
  if (typeof value === 'string') return value === '' ? '' : quote(value);
  if (typeof value === 'number' || typeof value === 'boolean') return `"${value}"`;
  return value === null || value === undefined ? '' : JSON.stringify(JSON.stringify(value));
}
