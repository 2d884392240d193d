import { TerminalError } from './errors.ts';

/** Where a member of a JSON object lies in its text: offsets in bytes, ends are past the last byte. */
export interface MemberStart {
  /** The comma before the member, or -1 for the object's first one. */
  readonly comma: number;
  /** From the key's opening quote to past its closing one. */
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueStart: number;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/**
 * Visits the members of an object in JSON text, in their order and duplicates included, without building a value:
 * so that the text between edits stays byte for byte. The text is taken to be valid JSON.
 *
 * @param at where the object begins; white space before it is skipped.
 * @param visit looks at a member and returns where its value ends, as {@link skipValue} does.
 * @returns where the object ends.
 * @throws {TerminalError} when the text turns out not to be an object.
 */
export function visitMembers(text: Buffer, at: number, visit: (member: MemberStart) => number): number {
  let position = expect(text, at, openBrace) + 1;
  let commaAt = -1;
  for (;;) {
    const keyStart = skipSpace(text, position);
    // Also reached after the last member, when no comma follows.
    if (text[keyStart] === closeBrace) return keyStart + 1;
    const keyEnd = skipString(text, expect(text, keyStart, quote));
    const valueStart = skipSpace(text, expect(text, keyEnd, colon) + 1);
    position = skipSpace(text, visit({ comma: commaAt, keyStart, keyEnd, valueStart }));
    if (text[position] === comma) {
      commaAt = position;
      position += 1;
    } else expect(text, position, closeBrace);
  }
}

/** Where the value that begins at `at` ends. */
export function skipValue(text: Buffer, at: number): number {
  const first = text[at];
  if (first === quote) return skipString(text, at);
  return first === openBrace || first === openBracket ? skipNested(text, at) : skipScalar(text, at);
}

/** The first position from `at` on that is not white space. */
export function skipSpace(text: Buffer, at: number): number {
  let position = at;
  while (isSpace(text[position])) position += 1;
  return position;
}

function skipString(text: Buffer, at: number): number {
  for (let position = at + 1; position < text.length; position += 1) {
    const byte = text[position];
    if (byte === quote) return position + 1;
    if (byte === backslash) position += 1;
  }
  throw notJson();
}

/** Brackets need no matching by kind, since the text is valid: depth alone finds the end. */
function skipNested(text: Buffer, at: number): number {
  let depth = 0;
  let position = at;
  while (position < text.length) {
    const byte = text[position];
    if (byte === quote) {
      position = skipString(text, position);
      continue;
    }
    if (byte === openBrace || byte === openBracket) depth += 1;
    if (byte === closeBrace || byte === closeBracket) depth -= 1;
    position += 1;
    if (depth === 0) return position;
  }
  throw notJson();
}

function skipScalar(text: Buffer, at: number): number {
  let position = at;
  while (position < text.length) {
    const byte = text[position];
    if (byte === comma || byte === closeBrace || byte === closeBracket || isSpace(byte)) break;
    position += 1;
  }
  return position;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

function expect(text: Buffer, at: number, byte: number): number {
  const position = skipSpace(text, at);
  if (text[position] !== byte) throw notJson();
  return position;
}

/** What to throw for a line that is not what its bytes seemed to be; shows nothing of it. */
export function notJson(): TerminalError {
  return new TerminalError('line_not_json', 'reading a line: it is not one JSON object');
}
