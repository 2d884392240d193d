import { type Matcher, RE2JS, RE2JSException } from 're2js';
import { MappingError } from './values/mapping-error.ts';
import { demand, recordNumber, spend, spendProduct } from './values/meter.ts';

/** Patterns are compiled once; those that a record supplies push the oldest out. */
const maxCompiled = 256;
const compiled = new Map<string, Known>();

/** As many as an expression has characters. */
const maxPatternLength = 4_096;
/** Steps of a compiled pattern; a repetition such as `(a?){1000}` is written out in them. An e-mail's has some fifty. */
const maxProgramSize = 2_500;
/** Compiling takes 50 µs and more. */
const compileUnits = 1_000;
const compileUnitsPerStep = 8;

interface Known {
  readonly pattern: RE2JS;
  readonly programSize: number;
  /** A match may look at all the rest of the text before it is known. */
  readonly isEndless: boolean;
  /** The last record that has paid for it. One that is kept counts as well: a record never depends on those before it. */
  record: number;
}

/** Repetitions without an end. */
const endless = /[*+]|,\}/;

/**
 * Compiles a pattern for matching in linear time. Java's syntax but for look-around and back references, which no
 * linear matcher has.
 *
 * @throws {MappingError} when the pattern can't be compiled.
 */
function regex(pattern: string): Known {
  const known = compiled.get(pattern) ?? remember(compiled, pattern, compile(pattern));
  if (known.record !== recordNumber()) {
    known.record = recordNumber();
    spend(compileUnits + known.programSize * compileUnitsPerStep);
  }
  return known;
}

function compile(pattern: string): Known {
  demand(compileUnits);
  let made: RE2JS;
  try {
    made = RE2JS.compile(shortPattern(pattern));
  } catch (error) {
    if (error instanceof MappingError) throw error;
    throw new MappingError(
      error instanceof RE2JSException
        ? 'the regular expression is not valid, or uses look-around or back references'
        : 'the regular expression failed',
    );
  }
  const programSize = made.programSize();
  if (programSize > maxProgramSize) throw new MappingError('the regular expression is too large');
  return { pattern: made, programSize, isEndless: endless.test(pattern), record: -1 };
}

function shortPattern(pattern: string): string {
  if (pattern.length > maxPatternLength)
    throw new MappingError(`a regular expression of more than ${maxPatternLength} characters`);
  return pattern;
}

/** Whether the pattern matches the whole text. */
export function matchesWhole(text: string, pattern: string): boolean {
  const simple =
    wholePatterns.get(pattern) ?? remember(wholePatterns, pattern, simplePattern(shortPattern(pattern)));
  if (simple !== 'other') return simple.test(text);
  const known = regex(pattern);
  // Matching takes at worst each step of the pattern for each character.
  spendProduct(text.length, known.programSize);
  return known.pattern.matches(text);
}

/** The first place in the text that the pattern matches. */
export function findFirst(text: string, pattern: string): Matcher | undefined {
  const known = regex(pattern);
  spendProduct(text.length, known.programSize);
  const matcher = known.pattern.matcher(text);
  return matcher.find() ? matcher : undefined;
}

/** The parts of the text between matches of the pattern. */
export function splitBy(text: string, pattern: string, limit?: number): readonly string[] {
  const known = regex(pattern);
  spendFinds(text, known);
  return known.pattern.split(text, limit);
}

/**
 * Replaces all matches, in Java's syntax for groups.
 *
 * @param bound is told how many matches there are before anything is made.
 */
export function replaceMatches(
  text: string,
  pattern: string,
  by: string,
  bound: (matches: number) => void,
): string {
  const known = regex(pattern);
  bound(spendFinds(text, known) ?? countFinds(text, known));
  try {
    return known.pattern.matcher(text).replaceAll(by, true);
  } catch (error) {
    throw error instanceof RE2JSException
      ? new MappingError('the replacement names a group that the pattern does not have')
      : error;
  }
}

/**
 * Each match looks beyond its end as far as the pattern can reach.
 *
 * @returns how many matches there are, where each had to be looked at.
 */
function spendFinds(text: string, known: Known): number | undefined {
  const { programSize, isEndless } = known;
  if (!isEndless) {
    spendProduct(text.length * Math.min(text.length, programSize), programSize);
    return undefined;
  }
  spendProduct(text.length, programSize);
  return countFinds(text, known, (end) => spendProduct(text.length - end, programSize));
}

function countFinds(text: string, { pattern }: Known, onFound: (end: number) => void = () => {}): number {
  const matcher = pattern.matcher(text);
  let found = 0;
  for (; matcher.find(); found += 1) onFound(matcher.end());
  return found;
}

/** Whether a whole text matches; undefined for a pattern that can't be compiled for matching in linear time. */
export function wholeMatcher(pattern: string): ((text: string) => boolean) | undefined {
  // The whole text is matched anyway: without its anchors a pattern is more often a simple one.
  const simple = simplePattern(pattern.replace(/^\^/, '').replace(/\$$/, ''));
  if (simple !== 'other') return (text) => simple.test(text);
  try {
    const compiledPattern = RE2JS.compile(pattern);
    return (text) => compiledPattern.matches(text);
  } catch {
    return undefined;
  }
}

/** A fixed sequence of characters and classes, each once or counted: `[A-Z]{2}`, `\d{4}-\d{2}`. */
const simpleSyntax = /^(?:(?:[A-Za-z0-9 _,:;=@%&#<>-]|\\[dw]|\[\^?[A-Za-z0-9 _,:;.@-]+\])(?:\{\d{1,2}\})?)*$/;
const wholePatterns = new Map<string, RegExp | 'other'>();

/** The same pattern for the runtime's own matcher, which is faster and has nothing to backtrack over here. */
function simplePattern(pattern: string): RegExp | 'other' {
  if (!simpleSyntax.test(pattern)) return 'other';
  try {
    return new RegExp(`^(?:${pattern})$`, 'u');
  } catch {
    return 'other';
  }
}

function remember<Kept>(known: Map<string, Kept>, key: string, value: Kept): Kept {
  if (known.size >= maxCompiled) {
    const oldest = known.keys().next();
    if (!oldest.done) known.delete(oldest.value);
  }
  known.set(key, value);
  return value;
}
