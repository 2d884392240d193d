import { hash } from 'node:crypto';
import { eventTimeMs } from './event-time.ts';

/** Changes when the recipe does; the id of a record that was delivered must never change by accident. */
const recipeVersion = 1;
/** `connector.id` is this much of the key's SHA-256: 128 bits, no accidental collision in any number of events. */
export const idBytes = 16;

/** Lists and objects in one another that a `distinct_id` may be made of; as deep as a mapping reads. */
const maxIdDepth = 100;

/** The part of an event that its identity depends on. */
export interface IdentifiedEvent {
  readonly event: string;
  readonly properties: {
    readonly time?: unknown;
    readonly $insert_id?: unknown;
    readonly $distinct_id_before_identity?: unknown;
    readonly distinct_id?: unknown;
  };
}

/** SHA-256 of a line's bytes, without its newline; 64 hex digits. */
export function lineDigest(line: Buffer): string {
  return hash('sha256', line);
}

/**
 * What makes two lines the same event, as text. `distinct_id` is taken as it was sent where Mixpanel kept that:
 * merging identities rewrites it on events that were exported before.
 *
 * @param digestOf gives the line's digest; asked for only when the event has no usable ids.
 * @example [1,"Signed up","hpuDqcvpltpCjBse",1602611311000,"user-1"]
 */
export function recordKey({ event, properties }: IdentifiedEvent, digestOf: () => string): string {
  const insertId = properties.$insert_id;
  const distinctId = properties.$distinct_id_before_identity ?? properties.distinct_id;
  // What no id can be has no text that every reader could write: such a line is known by its bytes.
  if (!isInsertId(insertId) || isDeeper(distinctId, maxIdDepth)) return `[${recipeVersion},"${digestOf()}"]`;
  const timeMs = eventTimeMs(properties.time) ?? null;
  return `[${recipeVersion},${jsonText(event)},${jsonText(insertId)},${timeMs},${jsonText(distinctId)}]`;
}

/** SHA-256 of the record's key, 64 hex digits. Its first 16 bytes are the record's id. */
export function recordDigest(event: IdentifiedEvent, digestOf: () => string): string {
  return hash('sha256', recordKey(event, digestOf));
}

/** `connector.id`: 32 hex digits, the same for the same event on every export. Takes the line as it is archived. */
export function connectorId(event: IdentifiedEvent, line: Buffer): string {
  return recordDigest(event, () => lineDigest(line)).slice(0, 2 * idBytes);
}

/** Text that JSON writes as it is, between quotes. */
const plainText = /^[ !#-[\]-~]*$/;

/** What `JSON.stringify` gives, sooner: it is called for every event, nearly always with plain text. */
function jsonText(value: unknown): string {
  if (typeof value === 'string' && plainText.test(value)) return `"${value}"`;
  return JSON.stringify(value) ?? 'null';
}

/**
 * Whether an `$insert_id` tells events apart. An empty text doesn't, and a number beyond 2^53 lost digits when it was
 * parsed: taking either for an id could drop an event as the duplicate of another.
 */
function isInsertId(value: unknown): value is string | number {
  return typeof value === 'string' ? value !== '' : Number.isSafeInteger(value);
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((child) => isDeeper(child, depth - 1));
}
