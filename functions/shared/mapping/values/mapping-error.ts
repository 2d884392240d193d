/**
 * Why a rule has no value for a record. The message is shown and logged, so it names types, functions and fields but
 * never quotes a value.
 */
export class MappingError extends Error {
  override readonly name = 'MappingError';
}

/** What a rule's error may say: our own words only. An error of the runtime may quote the text that it choked on. */
export function ruleErrorText(error: unknown): string {
  if (error instanceof MappingError) return error.message;
  if (error instanceof RangeError) return 'the value is too large or nested too deeply';
  return 'the expression failed';
}
