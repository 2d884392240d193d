import type { LineFacts } from './parse-line.ts';

/**
 * The quick way to read a line: it proves the line to be JSON byte by byte and keeps the few values that exporting
 * reads, where `JSON.parse` would build all of them, which takes half as long again. It says yes only to the plain form that Mixpanel
 * writes; whatever is unusual is left to `JSON.parse`, so that in doubt nothing depends on this file.
 */

const space = 0x20;
const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const minus = 0x2d;
const dot = 0x2e;
const letterU = 0x75;

/** Deeper values are left to `JSON.parse`, which needs no stack for them. */
const maxDepth = 32;
/** Whole numbers of this many digits are exact in a double. */
const exactDigits = 15;
/** Not what was looked for, at this place. */
const none = -1;

const eventHead = Buffer.from('{"event":"');
const propertiesHead = Buffer.from(',"properties":{');

const wantedNames = [
  'time',
  '$insert_id',
  '$distinct_id_before_identity',
  'distinct_id',
  'mp_processing_time_ms',
  '$mp_api_timestamp_ms',
  '$import',
] as const;
type WantedName = (typeof wantedNames)[number];

/** By length, which no two of them share. */
const wantedByLength: ({ readonly name: WantedName; readonly bytes: Buffer } | undefined)[] = [];
for (const name of wantedNames) wantedByLength[name.length] = { name, bytes: Buffer.from(name) };
const longestWanted = Math.max(...wantedNames.map((name) => name.length));

/** What is read of a line; undefined where `JSON.parse` must decide whether it is an event, and which. */
export function scanLine(line: Buffer): LineFacts | undefined {
  if (!startsWith(line, 0, eventHead)) return undefined;
  const nameEnd = skipText(line, eventHead.length);
  if (nameEnd === none || !startsWith(line, nameEnd, propertiesHead)) return undefined;
  const properties: { [name in WantedName]?: unknown } = {};
  let at = nameEnd + propertiesHead.length;
  if (line[at] === closeBrace) at += 1;
  else {
    for (;;) {
      at = readMember(line, at, properties);
      if (at === none) return undefined;
      const end = line[at];
      at += 1;
      if (end === closeBrace) break;
      if (end !== comma) return undefined;
    }
  }
  if (at !== line.length - 1 || line[at] !== closeBrace) return undefined;
  const event = readText(line, eventHead.length - 1, nameEnd);
  return typeof event === 'string' ? { event, properties } : undefined;
}

/** Reads one member of the properties; as in `JSON.parse`, the last of several of the same name counts. */
function readMember(line: Buffer, at: number, into: { [name in WantedName]?: unknown }): number {
  if (line[at] !== quote) return none;
  const keyEnd = skipPlain(line, at + 1);
  // A name with an escape may be a wanted one, spelled otherwise.
  if (line[keyEnd] !== quote || line[keyEnd + 1] !== colon) return none;
  const valueAt = keyEnd + 2;
  const end = skipValue(line, valueAt, 0);
  if (end === none) return none;
  const length = keyEnd - at - 1;
  const wanted = length <= longestWanted ? wantedByLength[length] : undefined;
  if (wanted !== undefined && startsWith(line, at + 1, wanted.bytes)) {
    into[wanted.name] = readValue(line, valueAt, end);
  }
  return end;
}

/** @returns where the value that begins here ends, or `none`. */
function skipValue(line: Buffer, at: number, depth: number): number {
  const first = line[at];
  if (first === quote) return skipText(line, at + 1);
  if (first === minus || isDigit(first)) return skipNumber(line, at);
  if (first === openBrace || first === openBracket) {
    return depth < maxDepth ? skipContainer(line, at, depth + 1) : none;
  }
  for (const word of words) if (startsWith(line, at, word)) return at + word.length;
  return none;
}

const words = [Buffer.from('true'), Buffer.from('false'), Buffer.from('null')];

function skipContainer(line: Buffer, open: number, depth: number): number {
  const isObject = line[open] === openBrace;
  const close = isObject ? closeBrace : closeBracket;
  let at = open + 1;
  if (line[at] === close) return at + 1;
  for (;;) {
    if (isObject) {
      if (line[at] !== quote) return none;
      at = skipText(line, at + 1);
      if (at === none || line[at] !== colon) return none;
      at += 1;
    }
    at = skipValue(line, at, depth);
    if (at === none) return none;
    const end = line[at];
    at += 1;
    if (end === close) return at;
    if (end !== comma) return none;
  }
}

/** From behind the opening quote to behind the closing one. */
function skipText(line: Buffer, from: number): number {
  let at = skipPlain(line, from);
  while (at < line.length) {
    const byte = line[at];
    if (byte === quote) return at + 1;
    if (byte !== backslash) return none;
    at = skipEscape(line, at + 1);
    if (at === none) return none;
    at = skipPlain(line, at);
  }
  return none;
}

/** Nearly all the time goes here. */
function skipPlain(line: Buffer, from: number): number {
  const { length } = line;
  let at = from;
  while (at < length) {
    const byte = line[at] ?? 0;
    if (byte === quote || byte === backslash || byte < space) break;
    at += 1;
  }
  return at;
}

function skipEscape(line: Buffer, at: number): number {
  const byte = line[at];
  if (byte === letterU) {
    for (let digit = at + 1; digit <= at + 4; digit += 1) if (!isHexDigit(line[digit])) return none;
    return at + 5;
  }
  return byte !== undefined && '"\\/bfnrt'.includes(String.fromCharCode(byte)) ? at + 1 : none;
}

/** JSON's numbers: no zero before other digits, digits on both sides of the dot. */
function skipNumber(line: Buffer, from: number): number {
  const start = line[from] === minus ? from + 1 : from;
  let at = skipDigits(line, start);
  if (at === start || (line[start] === 0x30 && at > start + 1)) return none;
  if (line[at] === dot) {
    const fraction = at + 1;
    at = skipDigits(line, fraction);
    if (at === fraction) return none;
  }
  if (line[at] !== 0x65 && line[at] !== 0x45) return at;
  const sign = line[at + 1];
  const exponent = sign === minus || sign === 0x2b ? at + 2 : at + 1;
  at = skipDigits(line, exponent);
  return at === exponent ? none : at;
}

function skipDigits(line: Buffer, from: number): number {
  let at = from;
  while (at < line.length && isDigit(line[at])) at += 1;
  return at;
}

/** What `JSON.parse` makes of a value that is known to be JSON. */
function readValue(line: Buffer, from: number, to: number): unknown {
  const first = line[from];
  if (first === quote) return readText(line, from, to);
  if (isDigit(first) && to - from <= exactDigits) {
    let value = 0;
    let at = from;
    for (; at < to && isDigit(line[at]); at += 1) value = value * 10 + (line[at] ?? 0) - 0x30;
    if (at === to) return value;
  }
  return JSON.parse(line.toString('utf8', from, to));
}

/** Text from its opening to behind its closing quote. */
function readText(line: Buffer, from: number, to: number): unknown {
  for (let at = from; at < to; at += 1) {
    const byte = line[at] ?? 0;
    if (byte >= 0x80 || byte === backslash) return JSON.parse(line.toString('utf8', from, to));
  }
  return line.toString('latin1', from + 1, to - 1);
}

function startsWith(line: Buffer, at: number, start: Buffer): boolean {
  if (at + start.length > line.length) return false;
  for (let index = 0; index < start.length; index += 1) {
    if (line[at + index] !== start[index]) return false;
  }
  return true;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isHexDigit(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}
