import { MappingError } from '../values/mapping-error.ts';

/** A piece of a date pattern: a letter repeated, or text that stands for itself. */
export type PatternPart =
  | { readonly kind: 'field'; readonly letter: string; readonly count: number }
  | { readonly kind: 'text'; readonly text: string };

/** The letters of Java's date patterns that Data Prep lists. */
const letters = new Set('GYyMLwWDdFEuaHkKhmsSzZXVOQq');
/** Longer runs have no meaning for any letter. */
const maxCount = 9;

const known = new Map<string, readonly PatternPart[]>();
const maxKnown = 256;
/** Far beyond any pattern: a longer one would be kept for good. */
const maxKnownLength = 256;

/**
 * Takes a date pattern apart. Letters are fields, text in single quotes stands for itself, two quotes are one.
 *
 * @throws {MappingError} when a letter has no meaning or a quote isn't closed.
 */
export function datePattern(pattern: string): readonly PatternPart[] {
  const found = known.get(pattern);
  if (found !== undefined) return found;
  const parts = read(pattern);
  if (known.size < maxKnown && pattern.length <= maxKnownLength) known.set(pattern, parts);
  return parts;
}

function read(pattern: string): PatternPart[] {
  const parts: PatternPart[] = [];
  let at = 0;
  while (at < pattern.length) {
    const character = pattern[at] ?? '';
    if (character === "'") {
      const [text, end] = quoted(pattern, at);
      parts.push({ kind: 'text', text });
      at = end;
    } else if (/[A-Za-z]/.test(character)) {
      if (!letters.has(character))
        throw new MappingError(`the date pattern has the letter ${character}, which means nothing`);
      let end = at;
      while (pattern[end] === character) end += 1;
      if (end - at > maxCount)
        throw new MappingError(`the date pattern has more than ${maxCount} times the same letter`);
      parts.push({ kind: 'field', letter: character, count: end - at });
      at = end;
    } else {
      parts.push({ kind: 'text', text: character });
      at += 1;
    }
  }
  return parts;
}

function quoted(pattern: string, start: number): [text: string, end: number] {
  if (pattern[start + 1] === "'") return ["'", start + 2];
  let text = '';
  for (let at = start + 1; at < pattern.length; at += 1) {
    if (pattern[at] !== "'") text += pattern[at];
    else if (pattern[at + 1] === "'") {
      text += "'";
      at += 1;
    } else return [text, at + 1];
  }
  throw new MappingError('the date pattern has a quote that is not closed');
}

export const monthNames = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October'],
  ...['November', 'December'],
] as const;

/** Monday first, as ISO counts. */
export const dayNames = [
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
  'Sunday',
] as const;
