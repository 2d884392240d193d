import { RE2JS, RE2JSException } from 're2js';
import { MappingError } from './values/mapping-error.ts';

/** Patterns are compiled once; those that a record supplies push the oldest out. */
const maxCompiled = 256;
const compiled = new Map<string, RE2JS>();

/**
 * Compiles a pattern for matching in linear time. Java's syntax but for look-around and back references, which no
 * linear matcher has.
 *
 * @throws {MappingError} when the pattern can't be compiled.
 */
export function regex(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  let made: RE2JS;
  try {
    made = RE2JS.compile(pattern);
  } catch (error) {
    throw new MappingError(
      error instanceof RE2JSException
        ? 'the regular expression is not valid, or uses look-around or back references'
        : 'the regular expression failed',
    );
  }
  return remember(compiled, pattern, made);
}

/** Whether the pattern matches the whole text. */
export function matchesWhole(text: string, pattern: string): boolean {
  const simple = wholePatterns.get(pattern) ?? remember(wholePatterns, pattern, simplePattern(pattern));
  return simple === 'other' ? regex(pattern).matches(text) : simple.test(text);
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
