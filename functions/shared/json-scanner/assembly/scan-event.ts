import {
  closeBrace,
  comma,
  endLine,
  escaped,
  nameFrom,
  nameLength,
  note,
  openBrace,
  past,
  pastEventName,
  pastName,
  pastPropertiesName,
  pastSpace,
  pastValue,
  quote,
  slotBytes,
} from './json';

export { capacity, lineAt, slotBytes } from './json';

/**
 * Proves a line to be JSON and an event, and finds the few values that exporting reads, without making anything of the rest.
 *
 * JSON.parse takes seven times as long, which was the largest cost of an export; V8's JavaScript gained little over it in any
 * form tried. What is refused here is not wrong, only unusual: the caller then reads the line in the general way.
 */

/** The names of properties asked for, each 64 bytes long: its length (u32), its ASCII text. */
export const namesAt: usize = memory.data(16 * 64);
export const nameBytes: u32 = 64;
const nameTextAt: usize = 4;
let nameCount: i32 = 0;
/** A bit for each length that a name has: most of a line's names are told apart by it. */
let nameLengths: u64 = 0;

/** What was found: of the event's name first, then of each name asked for. */
export const slotsAt: usize = memory.data(17 * 24);

/** Takes over the names that the caller has put in their place. */
export function setNames(count: i32): void {
  nameCount = count;
  nameLengths = 0;
  for (let name = 0; name < count; name++) nameLengths |= (<u64>1) << load<u32>(namesAt + name * nameBytes);
}

/** @returns whether the line of so many bytes is an event of the usual form. */
export function scanEvent(length: u32): bool {
  const end = endLine(length);
  memory.fill(slotsAt, 0, (nameCount + 1) * slotBytes);
  const from = pastEventName();
  if (from === 0 || <u32>load<u8>(from) !== quote) return false;
  const to = pastValue(from);
  if (to === 0) return false;
  note(slotsAt, from, to);
  return past(pastProperties(pastPropertiesName(to)), closeBrace) === end;
}

function pastProperties(start: usize): usize {
  let at = past(start, openBrace);
  if (at === 0) return 0;
  if (<u32>load<u8>(at) === closeBrace) return pastSpace(at + 1);
  while (true) {
    at = pastName(at);
    // An escaped name may be one of those asked for.
    if (at === 0 || escaped) return 0;
    const slot = slotOfName();
    const from = at;
    at = pastValue(at);
    if (at === 0) return 0;
    // Of a name that comes twice the last value counts, as JSON.parse has it.
    if (slot !== 0) note(slot, from, at);
    at = pastSpace(at);
    const next: u32 = load<u8>(at);
    if (next === closeBrace) return pastSpace(at + 1);
    if (next !== comma) return 0;
    at = pastSpace(at + 1);
  }
}

/** The place for the member gone over last; 0 where its name was not asked for. */
function slotOfName(): usize {
  if (nameLength >= 64 || ((nameLengths >> nameLength) & 1) === 0) return 0;
  for (let name = 0; name < nameCount; name++) {
    const entry = namesAt + name * nameBytes;
    if (load<u32>(entry) === nameLength && memory.compare(entry + nameTextAt, nameFrom, nameLength) === 0)
      return slotsAt + (name + 1) * slotBytes;
  }
  return 0;
}
