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
  if (compiled.size >= maxCompiled) {
    const oldest = compiled.keys().next();
    if (!oldest.done) compiled.delete(oldest.value);
  }
  compiled.set(pattern, made);
  return made;
}

export function matchesWhole(text: string, pattern: string): boolean {
  return regex(pattern).matches(text);
}
