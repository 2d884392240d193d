import { hash } from 'node:crypto';
import { eventTimeMs } from './event-time.ts';
import type { MixpanelEvent } from './mixpanel/event.ts';

/** Changes when the recipe does; the id of a record that was delivered must never change by accident. */
const recipeVersion = 1;
/** `connector.id` is this much of the key's SHA-256: 128 bits, no accidental collision in any number of events. */
export const idBytes = 16;

/** SHA-256 of a line's bytes, without its newline. */
export function lineDigest(line: Buffer): Buffer {
  return hash('sha256', line, 'buffer');
}

/**
 * What makes two lines the same event, as text. `distinct_id` is taken as it was sent where Mixpanel kept that:
 * merging identities rewrites it on events that were exported before.
 *
 * @param digestOf gives the SHA-256 of the line; asked for only when the event has no `$insert_id`.
 * @example [1,"Signed up","hpuDqcvpltpCjBse",1602611311000,"user-1"]
 */
export function recordKey(event: MixpanelEvent, digestOf: () => Buffer): string {
  const { properties } = event;
  const insertId = properties.$insert_id;
  if (!isInsertId(insertId)) return JSON.stringify([recipeVersion, digestOf().toString('hex')]);
  const distinctId = properties.$distinct_id_before_identity ?? properties.distinct_id ?? null;
  const timeMs = eventTimeMs(properties.time) ?? null;
  return JSON.stringify([recipeVersion, event.event, insertId, timeMs, distinctId]);
}

/** SHA-256 of the record's key; its first 16 bytes are the record's id. */
export function recordDigest(event: MixpanelEvent, digestOf: () => Buffer): Buffer {
  return hash('sha256', recordKey(event, digestOf), 'buffer');
}

/** `connector.id`: 32 hex digits, the same for the same event on every export. Takes the line as it is archived. */
export function connectorId(event: MixpanelEvent, line: Buffer): string {
  return recordDigest(event, () => lineDigest(line)).toString('hex', 0, idBytes);
}

/**
 * Whether an `$insert_id` tells events apart. An empty text doesn't, and a number beyond 2^53 lost digits when it was
 * parsed: taking either for an id could drop an event as the duplicate of another.
 */
function isInsertId(value: unknown): value is string | number {
  return typeof value === 'string' ? value !== '' : Number.isSafeInteger(value);
}
