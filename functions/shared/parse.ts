import type { z } from 'zod';
import { ConfigError } from './errors.ts';

/** Longest excerpt of a wrong value that a message shows: enough to recognise it, too short to spill a payload. */
const maxShownValue = 60;

export interface ParseOptions {
  /** Say only the type of what was found: for secrets and for vendors' answers. @default false */
  readonly hideValues?: boolean;
}

/**
 * Checks an outside value against its schema.
 *
 * @throws {ConfigError} naming every problem at once: its path, what was found, what is allowed.
 */
export function parseWith<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  what: string,
  options: ParseOptions = {},
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new ConfigError(what, describeIssues(result.error, value, options));
}

/**
 * Parses JSON text and checks it against its schema.
 *
 * @throws {ConfigError} also when the text is not JSON.
 */
export function parseJsonWith<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  what: string,
  options: ParseOptions = {},
): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ConfigError(what, ['(root): found text that is not JSON; allowed is one JSON value']);
  }
  return parseWith(schema, value, what, options);
}

/** One line per problem: path, what was found, what is allowed. */
export function describeIssues(error: z.ZodError, root: unknown, options: ParseOptions = {}): string[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map(
        (key) => `${pathText([...issue.path, key])}: unknown key; remove it or correct its spelling`,
      );
    }
    const found = shown(valueAt(root, issue.path), options.hideValues ?? false);
    return [`${pathText(issue.path)}: found ${found}; ${issue.message}`];
  });
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value: unknown = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

function shown(value: unknown, hide: boolean): string {
  if (value === undefined) return 'nothing';
  if (hide) return value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
  const text = JSON.stringify(value) ?? String(value);
  return text.length > maxShownValue ? `${text.slice(0, maxShownValue)}…` : text;
}

function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return '(root)';
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}
