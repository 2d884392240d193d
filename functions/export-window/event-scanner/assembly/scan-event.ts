/**
 * Proves a line to be JSON and an event, and finds the few values that exporting reads, without making anything of the rest.
 *
 * AssemblyScript, not TypeScript: `npm run scanner` compiles it into `scan-event.wasm.ts`. JSON.parse takes seven times
 * as long, which was the largest cost of an export; V8's JavaScript gained little over it in any form tried.
 *
 * What is refused here is not wrong, only unusual: the caller then reads the line in the general way. What is accepted must be
 * right. All functions that go over text return the position past it, or 0 where it is not what it should be.
 */

/** A longer line is unusual. */
export const capacity: u32 = 64 * 1024;
/** Behind a line: the NUL byte that no JSON goes past, and what a look at 16 bytes at once may touch. */
const margin = 32;
/** Where the caller puts the line. */
export const lineAt: usize = memory.data(64 * 1024 + margin);

/** Deeper nesting is unusual. */
const maxDepth: u32 = 256;
/** The closing brackets of the lists and objects that are open. */
const openAt: usize = memory.data(256);

/**
 * The names asked for, each 64 bytes long: its length (u32), its ASCII text. The first two are `event` and `properties`, the
 * others names of properties.
 */
export const namesAt: usize = memory.data(16 * 64);
export const nameBytes: u32 = 64;
const nameTextAt: usize = 4;
const firstProperty: i32 = 2;
let nameCount: i32 = 0;
/** A bit for each length that a name has: most of a line's names are told apart by it. */
let nameLengths: u64 = 0;

/** What was found, 24 bytes for each name: kind (u32), first byte (u32), byte past the last (u32), number (f64 at 16). */
export const slotsAt: usize = memory.data(16 * 24);
export const slotBytes: u32 = 24;
/** ASCII text without escapes. */
const kindText: u32 = 1;
/** A whole number, exact as a double. */
const kindWhole: u32 = 2;
/** Anything else. */
const kindOther: u32 = 3;

const quote: u32 = 0x22;
const plus: u32 = 0x2b;
const comma: u32 = 0x2c;
const minus: u32 = 0x2d;
const dot: u32 = 0x2e;
const slash: u32 = 0x2f;
const zero: u32 = 0x30;
const colon: u32 = 0x3a;
const openBracket: u32 = 0x5b;
const backslash: u32 = 0x5c;
const openBrace: u32 = 0x7b;
const closeBrace: u32 = 0x7d;
/** From `[` to `]`, and from `{` to `}`. */
const fromOpenToClose: u32 = 2;
/** `true`, `alse` and `null`, as little-endian words. */
const wordTrue: u32 = 0x65757274;
const wordAlse: u32 = 0x65736c61;
const wordNull: u32 = 0x6c6c756e;

/** Of the text gone over last: whether it has an escape. */
let escaped: bool = false;
/** Of the member gone over last: its name. */
let nameFrom: usize = 0;
let nameLength: u32 = 0;

/** Takes over the names that the caller has put in their place. */
export function setNames(count: i32): void {
  nameCount = count;
  nameLengths = 0;
  for (let name = 0; name < count; name++) nameLengths |= (<u64>1) << load<u32>(namesAt + name * nameBytes);
}

/** @returns whether the line of so many bytes is an event of the usual form. */
export function scanEvent(length: u32): bool {
  const end = lineAt + length;
  store<u8>(end, 0);
  memory.fill(slotsAt, 0, nameCount * slotBytes);
  let at = past(lineAt, openBrace);
  at = pastMember(at, 0);
  if (at === 0 || load<u8>(at) !== quote) return false;
  const from = at;
  at = pastText(at);
  if (at === 0) return false;
  note(0, from, at);
  at = past(pastSpace(at), comma);
  at = pastMember(at, 1);
  at = pastProperties(at);
  at = past(at, closeBrace);
  return at === end;
}

/** Goes past the name and the colon, where the name is this one. */
function pastMember(start: usize, name: i32): usize {
  const at = pastName(start);
  return at !== 0 && !escaped && nameAt() === name ? at : 0;
}

function pastProperties(start: usize): usize {
  let at = past(start, openBrace);
  if (at === 0) return 0;
  if (load<u8>(at) === closeBrace) return pastSpace(at + 1);
  while (true) {
    at = pastName(at);
    // An escaped name may be one of those asked for.
    if (at === 0 || escaped) return 0;
    const name = nameAt();
    const from = at;
    at = pastValue(at);
    if (at === 0) return 0;
    if (name >= firstProperty) note(name, from, at);
    at = pastSpace(at);
    const next: u32 = load<u8>(at);
    if (next === closeBrace) return pastSpace(at + 1);
    if (next !== comma) return 0;
    at = pastSpace(at + 1);
  }
}

/** Which of the names asked for the member's name is; -1 for none. */
function nameAt(): i32 {
  if (nameLength >= 64 || ((nameLengths >> nameLength) & 1) === 0) return -1;
  for (let name = 0; name < nameCount; name++) {
    const entry = namesAt + name * nameBytes;
    if (load<u32>(entry) === nameLength && isSame(entry + nameTextAt, nameFrom, nameLength)) return name;
  }
  return -1;
}

function isSame(one: usize, other: usize, length: u32): bool {
  for (let index: u32 = 0; index < length; index++) {
    if (load<u8>(one + index) !== load<u8>(other + index)) return false;
  }
  return true;
}

/** Keeps where a value is and what it is. Of a name that comes twice the last value counts, as JSON.parse has it. */
function note(name: i32, from: usize, to: usize): void {
  const slot = slotsAt + name * slotBytes;
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

function isAscii(from: usize, to: usize): bool {
  for (let at = from; at < to; at++) if (load<u8>(at) >= 0x80) return false;
  return true;
}

/** Goes past one character and the space behind it. */
function past(at: usize, character: u32): usize {
  return at !== 0 && <u32>load<u8>(at) === character ? pastSpace(at + 1) : 0;
}

function pastSpace(start: usize): usize {
  let at = start;
  while (true) {
    const character: u32 = load<u8>(at);
    if (character > 0x20) return at;
    if (character !== 0x20 && character !== 0x09 && character !== 0x0d && character !== 0x0a) return at;
    at++;
  }
}

/** Goes past a name, its colon, and the space about that. */
function pastName(start: usize): usize {
  if (start === 0 || <u32>load<u8>(start) !== quote) return 0;
  const at = pastText(start);
  if (at === 0) return 0;
  nameFrom = start + 1;
  nameLength = <u32>(at - 1 - nameFrom);
  return past(pastSpace(at), colon);
}

function pastValue(at: usize): usize {
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
    case quote:
    case backslash:
    case slash:
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return at + 2;
    case 0x75: // u
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

function isDigit(character: u32): bool {
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
