import { type ErrorContext, RetryableError } from '../shared/errors.ts';
import { asEvent, type MixpanelEvent } from '../shared/mixpanel/event.ts';
import { type EventFacts, scanEvent } from './event-scanner.ts';

/**
 * Sentences that Mixpanel writes into a 200 answer when it gives up, in place of the rest of the events
 * (mixpanel-utils issue 5, Airbyte's `iter_dicts`).
 */
const farewells = ['export terminated early', 'terminated early'];

/** Enough of a line to recognise a farewell; the rest is not looked at. */
const recognisedCharacters = 64;

/**
 * Reads what exporting needs of a line. Anything but an event, an empty line included, means that Mixpanel did not send the
 * window whole: Mixpanel ends each event with one newline and sends nothing for an empty window.
 *
 * @throws {RetryableError} `export_incomplete`, with the line's number and what it is, never its content.
 */
export function parseLine(line: Buffer, number: number, context: ErrorContext): EventFacts {
  return scanEvent(line) ?? parseEvent(line, number, context);
}

/** What came is not the whole window. */
export function incomplete(what: string, context: ErrorContext, cause?: unknown): RetryableError {
  const message = `exporting window ${context.window ?? '?'}: ${what}`;
  return new RetryableError('export_incomplete', message, { context, cause });
}

function parseEvent(line: Buffer, number: number, context: ErrorContext): MixpanelEvent {
  const text = line.toString('utf8');
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
