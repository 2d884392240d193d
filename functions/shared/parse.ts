import type { z } from 'zod';
import { ConfigError, newerFormat, RetryableError } from './errors.ts';
import { newerVersion } from './stored-format.ts';

/** Longest excerpt of a wrong value that a message shows: enough to recognise it, too short to spill a payload. */
const maxShownValue = 60;
/** Longest name of a key in a path: the schemas' own are shorter, and any other is data in the wrong place. */
const maxShownKey = 60;
/** Deepest path shown whole: the schemas are less deep. */
const maxShownKeys = 20;
/** Problems told of at a time: more than a person mends before trying again, few enough for a log entry. */
const maxProblems = 200;
/**
 * Values in one outside value, lists and objects included. The checker makes a record of about a kilobyte for each that
 * is wrong, so that a list of wrong values of 8 MiB would take gigabytes. The largest value of our own, the list of the
 * forgotten, has a hundred thousand.
 */
const defaultMaxValues = 250_000;

export interface ParseOptions {
  /** Say only the type of what was found: for secrets and for vendors' answers. @default false */
  readonly hideValues?: boolean;
  /** Values allowed in it; more than the default only where the schema makes one problem of many. @default 250,000 */
  readonly maxValues?: number;
}

/**
 * Checks an outside value against its schema.
 *
 * @throws {ConfigError} naming every problem at once: its path, what was found, what is allowed.
 * @throws {RetryableError} `newer_format` for a stored object or a message of a version above ours.
 */
export function parseWith<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  what: string,
  options: ParseOptions = {},
): z.output<Schema> {
  const { maxValues = defaultMaxValues } = options;
  if (hasMoreValues(value, maxValues))
    throw new ConfigError(what, [`(root): found more than ${maxValues} values; allowed are as many at most`]);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const newer = newerVersion(result.error, value);
  if (newer !== undefined) throw writtenByNewer(what, newer);
  throw new ConfigError(what, describeIssues(result.error, value, options));
}

/** No fault of what was found: during a deploy the newer release is there already, and takes the message the next time. */
function writtenByNewer(what: string, { found, known }: { found: number; known: number }): RetryableError {
  return new RetryableError(
    newerFormat,
    `${what}: found version ${found}, of a newer release; this one knows version ${known} and has changed nothing: ` +
      'deploy the newer release again',
  );
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
    throw new ConfigError(what, [`(root): found ${nameOfText(text)}; allowed is one JSON value`]);
  }
  return parseWith(schema, value, what, options);
}

/** What a text is that is no JSON, without any of it. */
function nameOfText(text: string): string {
  if (text.trim() === '') return 'no text';
  // Some editors and shells write one, and none shows it.
  return text.startsWith('\ufeff') ? 'text that begins with a byte order mark' : 'text that is not JSON';
}

/** Counts without recursion: any depth will do. */
function hasMoreValues(root: unknown, most: number): boolean {
  const open: unknown[] = [root];
  let counted = 1;
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== 'object' || value === null) continue;
    for (const inside of Object.values(value)) {
      counted += 1;
      if (counted > most) return true;
      if (typeof inside === 'object') open.push(inside);
    }
  }
  return false;
}

/** One line per problem: path, what was found, what is allowed. */
export function describeIssues(error: z.ZodError, root: unknown, options: ParseOptions = {}): string[] {
  const problems = problemsOf(error, root, options);
  if (problems.length <= maxProblems) return problems;
  return [...problems.slice(0, maxProblems), `… and ${problems.length - maxProblems} problems more`];
}

function problemsOf(error: z.ZodError, root: unknown, options: ParseOptions): string[] {
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
  return shortText(jsonText(value), maxShownValue);
}

function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // Reading JSON needs no stack, writing it does.
    return 'a value nested too deep to be shown';
  }
}

function shortText(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return '(root)';
  const shown = path.slice(0, maxShownKeys).reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    const name = shortText(String(key), maxShownKey);
    return text === '' ? name : `${text}.${name}`;
  }, '');
  return path.length > maxShownKeys ? `${shown}…` : shown;
}
