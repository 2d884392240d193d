/**
 * JSON text, gone over in a line that is followed by a NUL byte, which no JSON goes past, and by fifteen bytes more, which may be looked at.
 *
 * AssemblyScript, not TypeScript: `npm run scanners` compiles what uses it. All functions that go over text return the position
 * past it, or 0 where it is not what it should be; given 0 they return 0. What is accepted is JSON; what is refused
 * may be JSON too, only unusual.
 */

/** A longer line is unusual. */
export const capacity: u32 = 64 * 1024;
/** Behind a line: the NUL byte, and what a look at 16 bytes at once may touch. */
const margin = 32;
/** Where the caller puts the line. */
export const lineAt: usize = memory.data(64 * 1024 + margin);

/** Deeper nesting is unusual. */
const maxDepth: u32 = 256;
/** The closing brackets of the lists and objects that are open. */
const openAt: usize = memory.data(256);

/** ASCII text without escapes. */
const kindText: u32 = 1;
/** A whole number, exact as a double. */
const kindWhole: u32 = 2;
/** Anything else. */
const kindOther: u32 = 3;
/** What a value is is told in so many bytes: kind (u32), first byte (u32), byte past the last (u32), number (f64 at 16). */
export const slotBytes: u32 = 24;

export const quote: u32 = 0x22;
const plus: u32 = 0x2b;
export const comma: u32 = 0x2c;
export const minus: u32 = 0x2d;
export const dot: u32 = 0x2e;
const slash: u32 = 0x2f;
export const zero: u32 = 0x30;
const colon: u32 = 0x3a;
export const openBracket: u32 = 0x5b;
export const backslash: u32 = 0x5c;
export const openBrace: u32 = 0x7b;
export const closeBrace: u32 = 0x7d;
/** From `[` to `]`, and from `{` to `}`. */
const fromOpenToClose: u32 = 2;
/** `true`, `alse` and `null`, as little-endian words. */
const wordTrue: u32 = 0x65757274;
const wordAlse: u32 = 0x65736c61;
const wordNull: u32 = 0x6c6c756e;
/** `even`, `prop`, `erti` and `es` too. */
const wordEven: u32 = 0x6e657665;
const wordProp: u32 = 0x706f7270;
const wordErti: u32 = 0x69747265;
const wordEs: u32 = 0x7365;

/** Of the text gone over last: whether it has an escape, and whether one that JavaScript would not write. */
export let escaped: bool = false;
export let oddlyEscaped: bool = false;
/** Of the member gone over last: its name. */
export let nameFrom: usize = 0;
export let nameLength: u32 = 0;

/** Ends the line of so many bytes. @returns the position past its last byte. */
export function endLine(length: u32): usize {
  const end = lineAt + length;
  store<u8>(end, 0);
  return end;
}

/** Goes from the line's beginning to the value of `event`. */
export function pastEventName(): usize {
  const at = pastName(past(lineAt, openBrace));
  const isEvent = at !== 0 && nameLength === 5 && load<u32>(nameFrom) === wordEven;
  return isEvent && !escaped && <u32>load<u8>(nameFrom, 4) === 0x74 ? at : 0;
}

/** Goes from the value of `event` to that of `properties`. */
export function pastPropertiesName(start: usize): usize {
  const at = pastName(past(pastSpace(start), comma));
  if (at === 0 || nameLength !== 10 || escaped) return 0;
  const isProperties = load<u32>(nameFrom) === wordProp && load<u32>(nameFrom, 4) === wordErti;
  return isProperties && <u32>load<u16>(nameFrom, 8) === wordEs ? at : 0;
}

/** Tells in a slot where a value is and what it is: the one gone over last. */
export function note(slot: usize, from: usize, to: usize): void {
  store<u32>(slot, kindOf(slot, from, to));
  store<u32>(slot, <u32>from, 4);
  store<u32>(slot, <u32>to, 8);
}

function kindOf(slot: usize, from: usize, to: usize): u32 {
  const first: u32 = load<u8>(from);
  if (first === quote) return !escaped && isAscii(from, to) ? kindText : kindOther;
  // Fifteen digits are exact whatever they are.
  if (to - from > 15) return kindOther;
  let whole: f64 = 0;
  for (let at = from; at < to; at++) {
    const digit = <u32>load<u8>(at) - zero;
    if (digit > 9) return kindOther;
    whole = whole * 10 + <f64>digit;
  }
  store<f64>(slot, whole, 16);
  return kindWhole;
}

export function isAscii(from: usize, to: usize): bool {
  for (let at = from; at < to; at++) if (load<u8>(at) >= 0x80) return false;
  return true;
}

/** Goes past one character and the space behind it. */
export function past(at: usize, character: u32): usize {
  return at !== 0 && <u32>load<u8>(at) === character ? pastSpace(at + 1) : 0;
}

export function pastSpace(start: usize): usize {
  if (start === 0) return 0;
  let at = start;
  while (true) {
    const character: u32 = load<u8>(at);
    if (character > 0x20) return at;
    if (character !== 0x20 && character !== 0x09 && character !== 0x0d && character !== 0x0a) return at;
    at++;
  }
}

/** Goes past a name, its colon, and the space about that. */
export function pastName(start: usize): usize {
  if (start === 0 || <u32>load<u8>(start) !== quote) return 0;
  const at = pastText(start);
  if (at === 0) return 0;
  nameFrom = start + 1;
  nameLength = <u32>(at - 1 - nameFrom);
  return past(pastSpace(at), colon);
}

export function pastValue(at: usize): usize {
  const first: u32 = load<u8>(at);
  return first === openBrace || first === openBracket ? pastNested(at) : pastScalar(at);
}

function pastScalar(at: usize): usize {
  const first: u32 = load<u8>(at);
  if (first === quote) return pastText(at);
  if (first < 0x40) return pastNumber(at);
  if (load<u32>(at) === wordTrue || load<u32>(at) === wordNull) return at + 4;
  return first === 0x66 && load<u32>(at + 1) === wordAlse ? at + 5 : 0;
}

/** A list or an object. */
function pastNested(start: usize): usize {
  let at = start;
  let depth: u32 = 0;
  while (true) {
    const first: u32 = load<u8>(at);
    if (first === openBrace || first === openBracket) {
      if (depth === maxDepth) return 0;
      const close = first + fromOpenToClose;
      store<u8>(openAt + depth, close);
      depth++;
      at = pastSpace(at + 1);
      if (<u32>load<u8>(at) !== close) {
        if (first === openBrace) at = pastName(at);
        if (at === 0) return 0;
        continue;
      }
    } else {
      at = pastScalar(at);
      if (at === 0) return 0;
    }
    // Behind a value, or before the bracket that closes an empty one.
    while (true) {
      at = pastSpace(at);
      const close: u32 = load<u8>(openAt + depth - 1);
      const next: u32 = load<u8>(at);
      if (next === close) {
        at++;
        depth--;
        if (depth === 0) return at;
        continue;
      }
      if (next !== comma) return 0;
      at = pastSpace(at + 1);
      if (close === closeBrace) at = pastName(at);
      if (at === 0) return 0;
      break;
    }
  }
}

/** Text from its opening quote on, sixteen bytes at a time. */
function pastText(start: usize): usize {
  let at = start + 1;
  escaped = false;
  oddlyEscaped = false;
  while (true) {
    const bytes = v128.load(at);
    const special = i8x16.bitmask(
      v128.or(
        v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))),
        i8x16.lt_u(bytes, i8x16.splat(0x20)),
      ),
    );
    if (special === 0) {
      at += 16;
      continue;
    }
    at += ctz(special);
    const character: u32 = load<u8>(at);
    if (character === quote) return at + 1;
    // A control character, or the NUL behind the line.
    if (character !== backslash) return 0;
    escaped = true;
    at = pastEscape(at);
    if (at === 0) return 0;
  }
}

function pastEscape(at: usize): usize {
  switch (<u32>load<u8>(at + 1)) {
    case slash:
      oddlyEscaped = true;
      return at + 2;
    case quote:
    case backslash:
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return at + 2;
    case 0x75: // u
      oddlyEscaped = true;
      for (let digit: usize = 2; digit < 6; digit++) if (!isHexDigit(load<u8>(at + digit))) return 0;
      return at + 6;
    default:
      return 0;
  }
}

function isHexDigit(character: u32): bool {
  const lower = character | 0x20;
  return isDigit(character) || (lower >= 0x61 && lower <= 0x66);
}

export function isDigit(character: u32): bool {
  return character - zero <= 9;
}

function pastNumber(start: usize): usize {
  let at = start;
  if (<u32>load<u8>(at) === minus) at++;
  // Nothing follows a leading zero but what follows a whole number.
  at = <u32>load<u8>(at) === zero ? at + 1 : pastDigits(at);
  if (at !== 0 && <u32>load<u8>(at) === dot) at = pastDigits(at + 1);
  if (at === 0 || (<u32>load<u8>(at) | 0x20) !== 0x65) return at;
  const sign: u32 = load<u8>(at + 1);
  return pastDigits(sign === plus || sign === minus ? at + 2 : at + 1);
}

/** One digit at least. */
function pastDigits(start: usize): usize {
  let at = start;
  while (isDigit(load<u8>(at))) at++;
  return at === start ? 0 : at;
}
