import { isList, isObjectValue, type Value } from './values/value.ts';

/** Integers of fewer digits are within 2^53 and keep every digit as a number. */
const longDigits = 16;
/** A text, or an integer of sixteen digits and more that is not part of another number. */
const tokens = /"(?:[^"\\]|\\.)*"|(?<![\w.+-])-?\d{16,}(?![\d.eE])/gs;

/**
 * Gives the value of a JSON text with integers beyond 2^53 kept whole, as bigints: ids of 64 bits are sent as numbers,
 * and losing their last digits would make them somebody else's.
 *
 * @param parsed what JSON.parse made of the text; given back when there is no such number, which nearly always holds.
 */
export function withExactIntegers(text: string, parsed: Value): Value {
  if (!hasLongDigits(text)) return parsed;
  const marker = unusedMarker(text);
  let found = false;
  const marked = text.replaceAll(tokens, (token) => {
    if (token.startsWith('"') || Number.isSafeInteger(Number(token))) return token;
    found = true;
    return `"${marker}${token}"`;
  });
  return found ? restored(JSON.parse(marked), marker) : parsed;
}

/**
 * Parses JSON text and keeps integers beyond 2^53 whole, as bigints.
 *
 * @throws {SyntaxError} as JSON.parse does.
 */
export function parseExactJson(text: string): Value {
  return withExactIntegers(text, JSON.parse(text));
}

/** A beginning that no text of the record has. */
function unusedMarker(text: string): string {
  let marker = 'integer:';
  while (text.includes(marker)) marker = `integer${marker}`;
  return marker;
}

function restored(value: Value, marker: string): Value {
  if (typeof value === 'string') return value.startsWith(marker) ? BigInt(value.slice(marker.length)) : value;
  if (isList(value)) return value.map((item) => restored(item, marker));
  if (!isObjectValue(value)) return value;
  for (const [name, child] of Object.entries(value)) {
    const kept = restored(child, marker);
    // Defined, not assigned: the key may be `__proto__`.
    if (kept !== child)
      Object.defineProperty(value, name, {
        value: kept,
        enumerable: true,
        writable: true,
        configurable: true,
      });
  }
  return value;
}

/** Whether so many digits stand together somewhere. One of them is then at a multiple of their number: only these are looked at. */
function hasLongDigits(text: string): boolean {
  for (let at = longDigits - 1; at < text.length; at += longDigits) {
    if (!isDigit(text, at)) continue;
    let start = at;
    while (isDigit(text, start - 1)) start -= 1;
    let end = at + 1;
    while (isDigit(text, end)) end += 1;
    if (end - start >= longDigits) return true;
  }
  return false;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}
