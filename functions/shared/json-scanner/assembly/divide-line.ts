import {
  backslash,
  closeBrace,
  comma,
  dot,
  endLine,
  escaped,
  isAscii,
  isDigit,
  minus,
  nameFrom,
  nameLength,
  note,
  oddlyEscaped,
  openBrace,
  openBracket,
  past,
  pastEventName,
  pastName,
  pastPropertiesName,
  pastSpace,
  pastValue,
  quote,
  slotBytes,
  zero,
} from './json';

export { capacity, lineAt, slotBytes } from './json';

/**
 * Divides the properties of an event's line for a mapping: those that rules read are told by their places, those that no rule reads
 * are written one after the other, as members of the map of all others, with their values as texts. Counts the types on the way.
 */

/**
 * The names known, each 52 bytes long, from 1 on: address and length of its text as it stands in a line, quotes and colon included;
 * address and length of what begins its member (none is written without); place, -1 for none; the number of the line that had it
 * last; the name that came next the last time, and nearly always does again; and, at 28, how often it had each type.
 */
export const namesAt: usize = memory.data(10_001 * 52);
export const nameBytes: u32 = 52;
export const countsAt: u32 = 28;
export const maxNames: u32 = 10_000;
let names: u32 = 0;
/** Texts of names and members' beginnings. */
export const textsAt: usize = memory.data(1_048_576);
export const textsBytes: u32 = 1_048_576;
/** Numbers of names by a hash of their texts, at most a third full; 0 for none. */
const tableAt: usize = memory.data(32_768 * 2);
const tableMask: u32 = 32_767;

/** Of the line divided last: what is at each place. The event's name comes first. */
export const placesAt: usize = memory.data(4_096 * 24);
export const maxPlaces: u32 = 4_095;
let places: u32 = 0;

/** Of the line divided last: the members, without the last one's closing quote. */
export const membersAt: usize = memory.data(524_288);
const membersEnd: usize = membersAt + 524_288 - 64;
let membersTo: usize = membersAt;

/** Of the line divided last: the addresses of the counters that its properties raise. */
const raisedAt: usize = memory.data(4_096 * 4);
const maxRaised: u32 = 4_096;
let raised: u32 = 0;

let line: u32 = 0;

const unusual: u32 = 0;
const divided: u32 = 1;
/** `unknownNameFrom` and `unknownNameLength` tell which. */
const unknownName: u32 = 2;

/** As the caller's list of types has it. */
const typeText: u32 = 0;
const typeNumber: u32 = 1;
const typeBoolean: u32 = 2;
const typeList: u32 = 3;
const typeObject: u32 = 4;
const typeNull: u32 = 5;

/** `","` without its last quote, which begins the next member. */
const separator: u32 = 0x2c22;
/** Digits of a number that is its own text. */
const plainDigits: u32 = 15;

/**
 * The caller writes the text of a value that needs more than copying.
 *
 * @returns how many bytes; -1 where they don't fit.
 */
declare function writeText(from: usize, to: usize, at: usize, room: usize): i32;

export function setPlaces(count: u32): void {
  places = count;
}

export function unknownNameFrom(): u32 {
  return <u32>nameFrom;
}

export function unknownNameLength(): u32 {
  return nameLength;
}

export function membersLength(): u32 {
  return <u32>(membersTo - membersAt);
}

export function membersAreAscii(): bool {
  return isAscii(membersAt, membersTo);
}

/** Takes over the next name, which the caller has put in its place. */
export function addName(): void {
  names++;
  const entry = entryOf(names);
  // Without its quotes and colon.
  let slot = hashOf(load<u32>(entry) + 1, load<u32>(entry, 4) - 3) & tableMask;
  while (load<u16>(tableAt + slot * 2) !== 0) slot = (slot + 1) & tableMask;
  store<u16>(tableAt + slot * 2, <u16>names);
}

/** The line divided last counts. */
export function count(): void {
  for (let index: u32 = 0; index < raised; index++) {
    const counter: usize = load<u32>(raisedAt + index * 4);
    store<u32>(counter, load<u32>(counter) + 1);
  }
}

export function divideLine(length: u32): u32 {
  const end = endLine(length);
  memory.fill(placesAt, 0, (places + 1) * slotBytes);
  line++;
  raised = 0;
  membersTo = membersAt;
  const from = pastEventName();
  if (from === 0 || <u32>load<u8>(from) !== quote) return unusual;
  let at = pastValue(from);
  if (at === 0) return unusual;
  note(placesAt, from, at);
  at = past(pastPropertiesName(at), openBrace);
  if (at === 0) return unusual;
  let previous: u32 = 0;
  while (true) {
    let name = load<u32>(entryOf(previous), 24);
    if (name !== 0 && isAt(at, name)) at = pastSpace(at + load<u32>(entryOf(name), 4));
    else {
      at = pastName(at);
      if (at === 0 || escaped) return unusual;
      name = nameOf(nameFrom, nameLength);
      if (name === 0) return unknownName;
      store<u32>(entryOf(previous), name, 24);
    }
    previous = name;
    at = pastProperty(entryOf(name), at);
    if (at === 0) return unusual;
    const next: u32 = load<u8>(at);
    if (next === closeBrace) break;
    if (next !== comma) return unusual;
    at = pastSpace(at + 1);
  }
  return past(pastSpace(at + 1), closeBrace) === end ? divided : unusual;
}

/** Goes past a value and the space behind it, and does with it what its name asks for. */
function pastProperty(entry: usize, from: usize): usize {
  // A name that comes twice is nothing usual.
  if (load<u32>(entry, 20) === line || raised === maxRaised) return 0;
  store<u32>(entry, line, 20);
  const to = pastValue(from);
  if (to === 0) return 0;
  const type = typeAt(from);
  store<u32>(raisedAt + raised * 4, <u32>entry + countsAt + type * 4);
  raised++;
  const place = load<i32>(entry, 16);
  if (place >= 0) note(placesAt + (place + 1) * slotBytes, from, to);
  if (load<u32>(entry, 12) !== 0 && !writeMember(entry, type, from, to)) return 0;
  return pastSpace(to);
}

function typeAt(from: usize): u32 {
  const first: u32 = load<u8>(from);
  if (first === quote) return typeText;
  if (first === openBracket) return typeList;
  if (first === openBrace) return typeObject;
  if (first === 0x6e) return typeNull;
  return first === 0x74 || first === 0x66 ? typeBoolean : typeNumber;
}

/** @returns false where there is no room. */
function writeMember(entry: usize, type: u32, from: usize, to: usize): bool {
  const opening = load<u32>(entry, 12);
  if (type === typeNull) return true;
  if (membersTo + opening + (to - from) > membersEnd) return false;
  const start = membersTo;
  let at = start;
  if (start !== membersAt) {
    store<u16>(at, separator);
    at += 2;
  }
  memory.copy(at, load<u32>(entry, 8), opening);
  at += opening;
  const end = writeValue(type, from, to, at);
  if (end === 0) return false;
  // There is nothing to write of an empty text.
  if (end !== at) membersTo = end;
  return true;
}

/** @returns the position past what was written; 0 where there is no room. */
function writeValue(type: u32, from: usize, to: usize, at: usize): usize {
  if (type === typeText && !oddlyEscaped) return copy(from + 1, to - 1, at);
  if (type === typeBoolean || (type === typeNumber && isPlainNumber(from, to))) return copy(from, to, at);
  if (type === typeList && isPlainList(from, to) && at + 2 * (to - from) <= membersEnd)
    return copyWithEscapes(from, to, at);
  const length = writeText(from, to, at, membersEnd - at);
  return length < 0 ? 0 : at + length;
}

function copy(from: usize, to: usize, at: usize): usize {
  memory.copy(at, from, to - from);
  return at + (to - from);
}

/** Copies JSON text without escapes into a text. */
function copyWithEscapes(from: usize, to: usize, start: usize): usize {
  let at = start;
  for (let position = from; position < to; position++) {
    const character: u32 = load<u8>(position);
    if (character === quote) store<u8>(at++, backslash);
    store<u8>(at++, character);
  }
  return at;
}

/** Whether a list of texts and numbers is written as JavaScript would write it: no space, no escape, no idle digit. */
function isPlainList(from: usize, to: usize): bool {
  let at = from + 1;
  if (at + 1 === to) return true;
  while (true) {
    const start = at;
    const first: u32 = load<u8>(at);
    if (first !== quote && first !== minus && !isDigit(first)) return false;
    at = pastValue(at);
    if (first === quote ? escaped : !isPlainNumber(start, at)) return false;
    if (at + 1 === to) return true;
    if (<u32>load<u8>(at) !== comma) return false;
    at++;
  }
}

/** Whether a number is written as JavaScript would write it: few digits, none of them idle, no exponent. */
function isPlainNumber(from: usize, to: usize): bool {
  const start = <u32>load<u8>(from) === minus ? from + 1 : from;
  if (to - start > plainDigits) return false;
  let at = start;
  while (at < to && isDigit(load<u8>(at))) at++;
  const beginsWithZero = <u32>load<u8>(start) === zero;
  // -0 is written as 0.
  if (at === to) return !beginsWithZero || start === from;
  // Below a tenth there may be zeros that an exponent replaces.
  if (<u32>load<u8>(at) !== dot || (beginsWithZero && <u32>load<u8>(at + 1) === zero)) return false;
  at++;
  while (at < to && isDigit(load<u8>(at))) at++;
  return at === to && <u32>load<u8>(to - 1) !== zero;
}

function entryOf(name: u32): usize {
  return namesAt + name * nameBytes;
}

/** Whether the line has the name here, its quotes and colon included. */
function isAt(at: usize, name: u32): bool {
  const entry = entryOf(name);
  let one: usize = load<u32>(entry);
  let other = at;
  const end = one + load<u32>(entry, 4);
  for (; one + 8 <= end; one += 8, other += 8) if (load<u64>(one) !== load<u64>(other)) return false;
  for (; one < end; one++, other++) if (load<u8>(one) !== load<u8>(other)) return false;
  return true;
}

/** The number of a name; 0 for one that is not known. */
function nameOf(from: usize, length: u32): u32 {
  let slot = hashOf(from, length) & tableMask;
  while (true) {
    const name: u32 = load<u16>(tableAt + slot * 2);
    if (name === 0) return 0;
    const entry = entryOf(name);
    if (load<u32>(entry, 4) === length + 3 && memory.compare(load<u32>(entry) + 1, from, length) === 0)
      return name;
    slot = (slot + 1) & tableMask;
  }
}

/** FNV-1a. */
function hashOf(from: usize, length: u32): u32 {
  let hash: u32 = 0x811c9dc5;
  for (let index: u32 = 0; index < length; index++) hash = (hash ^ load<u8>(from + index)) * 0x01000193;
  return hash ^ (hash >> 15);
}
