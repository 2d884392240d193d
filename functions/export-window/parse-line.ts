import { type ErrorContext, RetryableError } from '../shared/errors.ts';
import { asEvent, type MixpanelEvent } from '../shared/mixpanel/event.ts';
import type { IdentifiedEvent } from '../shared/record-identity.ts';

/**
 * Sentences that Mixpanel writes into a 200 answer when it gives up, in place of the rest of the events
 * (mixpanel-utils issue 5, Airbyte's `iter_dicts`).
 */
const farewells = ['export terminated early', 'terminated early'];

/** Enough of a line to recognise a farewell; the rest is not looked at. */
const recognisedCharacters = 64;

/** The part of an event that exporting reads. All else is stored without being looked at. */
export interface LineFacts extends IdentifiedEvent {
  readonly properties: IdentifiedEvent['properties'] & {
    readonly mp_processing_time_ms?: unknown;
    readonly $mp_api_timestamp_ms?: unknown;
    readonly $import?: unknown;
  };
}

/**
 * Parses a line of an export. Anything but an event, an empty line included, means that Mixpanel did not send the
 * window whole: Mixpanel ends each event with one newline and sends nothing for an empty window.
 *
 * The line is decoded as Latin-1, a byte to a character, which saves a quarter of the time. JSON's own characters are
 * ASCII, so that this changes nothing about what is JSON; the few texts that are read are put right afterwards.
 *
 * @throws {RetryableError} `export_incomplete`, with the line's number and what it is, never its content.
 */
export function parseLine(line: Buffer, number: number, context: ErrorContext): LineFacts {
  const text = line.toString('latin1');
  const event = parseEvent(text, number, context);
  const { $insert_id, $distinct_id_before_identity, distinct_id } = event.properties;
  if (
    isAscii(event.event) &&
    isAscii($insert_id) &&
    isAscii($distinct_id_before_identity) &&
    isAscii(distinct_id)
  ) {
    return event;
  }
  // Where there are escapes, a character can't be told from a byte of the same number; lists and objects, which no id
  // should be, would have to be taken apart.
  if (text.includes('\\u') || [$insert_id, $distinct_id_before_identity, distinct_id].some(isContainer)) {
    return parseEvent(line.toString('utf8'), number, context);
  }
  return {
    event: utf8Of(event.event),
    properties: {
      ...event.properties,
      $insert_id: decoded($insert_id),
      $distinct_id_before_identity: decoded($distinct_id_before_identity),
      distinct_id: decoded(distinct_id),
    },
  };
}

/** What came is not the whole window. */
export function incomplete(what: string, context: ErrorContext, cause?: unknown): RetryableError {
  const message = `exporting window ${context.window ?? '?'}: ${what}`;
  return new RetryableError('export_incomplete', message, { context, cause });
}

function parseEvent(text: string, number: number, context: ErrorContext): MixpanelEvent {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message is not kept: it quotes the line.
    throw incomplete(`line ${number} is ${describeText(text)}`, context);
  }
  const event = asEvent(value);
  if (event === undefined) throw incomplete(`line ${number} is ${describeValue(value)}`, context);
  return event;
}

const asciiText = /^[\0-\x7f]*$/;

/** False for lists and objects: what is in them is not looked at. */
function isAscii(value: unknown): boolean {
  return typeof value === 'string' ? asciiText.test(value) : !isContainer(value);
}

function isContainer(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function decoded(value: unknown): unknown {
  return typeof value === 'string' ? utf8Of(value) : value;
}

/** The text whose UTF-8 bytes these characters stand for. */
function utf8Of(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}

function describeText(text: string): string {
  const start = text.slice(0, recognisedCharacters).trim();
  if (start === '') return 'empty';
  const farewell = farewells.find((sentence) => start.toLowerCase().startsWith(sentence));
  if (farewell !== undefined) return `"${farewell}": Mixpanel gave up`;
  return /^\{\s*"error"\s*:/.test(start) ? 'the beginning of an error object' : 'not JSON';
}

function describeValue(value: unknown): string {
  const isError = typeof value === 'object' && value !== null && 'error' in value;
  return isError ? 'an error object' : 'JSON, but not an event with a name and properties';
}
