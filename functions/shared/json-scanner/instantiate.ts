import * as z from 'zod';

/** An address or a size that a module exports. */
export const address = z.object({ value: z.int() }).transform(({ value }) => value);

/** A function that a module exports. */
export const callable = <Call>() => z.custom<Call>((value) => typeof value === 'function');

const compiled = new Map<string, WebAssembly.Module>();

/**
 * Makes a module ready, with a memory of its own. Compiled once, in about a millisecond.
 *
 * @returns its exports, which are to be parsed.
 */
export function instantiate(base64: string, imports: object = {}): unknown {
  const module = compiled.get(base64) ?? new WebAssembly.Module(Buffer.from(base64, 'base64'));
  compiled.set(base64, module);
  return new WebAssembly.Instance(module, imports).exports;
}
