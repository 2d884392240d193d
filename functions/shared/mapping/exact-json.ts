import { isList, isObjectValue, type ObjectValue, type Value } from './values/value.ts';

/** Integers of fewer digits are within 2^53 and keep every digit as a number. */
const longDigits = 16;
/**
 * A text, or an integer of sixteen digits and more that is not part of another number. An id has 64 bits, or 128, which
 * are 39 digits: one of more than a hundred is no id, and one of millions would take minutes to read.
 */
const tokens = /"(?:[^"\\]|\\.)*"|(?<![\w.+-])-?\d{16,100}(?![\d.eE])/gs;

/**
 * Gives the value of a JSON text with integers beyond 2^53, of up to a hundred digits, kept whole, as bigints: ids of
 * 64 bits are sent as numbers, and losing their last digits would make them somebody else's.
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

/** Puts integers in place of what is marked as one. Goes from one to the next without recursion: any depth will do. */
function restored(value: Value, marker: string): Value {
  const whole = [value];
  const open: (readonly Value[] | ObjectValue)[] = [whole];
  for (let holder = open.pop(); holder !== undefined; holder = open.pop()) {
    for (const [name, child] of Object.entries<Value>(holder)) {
      if (isList(child) || isObjectValue(child)) open.push(child);
      if (typeof child !== 'string' || !child.startsWith(marker)) continue;
      // Defined, not assigned: the key may be `__proto__`.
      Object.defineProperty(holder, name, {
        value: BigInt(child.slice(marker.length)),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
  }
  return whole[0];
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
