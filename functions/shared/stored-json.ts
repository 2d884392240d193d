import type { z } from 'zod';
import type { ConnectorError } from './errors.ts';
import type { ObjectStore } from './object-store.ts';
import { parseJsonWith } from './parse.ts';

/**
 * How often a change is tried against other writers of one object. They are few (two exports, a handful of loaders,
 * an operator), and each loses at most once to each other writer.
 */
const maxTries = 20;

/** A small JSON object of the archive bucket that several functions change. */
export interface StoredJson<Schema extends z.ZodType> {
  readonly store: ObjectStore;
  readonly key: string;
  readonly schema: Schema;
  /** What it is, as errors say it: "the query budget". */
  readonly what: string;
  /** Errors say only the type of what was found. @default false */
  readonly hideValues?: boolean;
}

/**
 * The value that lies there; undefined while there is none.
 *
 * @throws {ConfigError} when it is not what its schema says.
 */
export async function readJson<Schema extends z.ZodType>(
  json: StoredJson<Schema>,
): Promise<z.output<Schema> | undefined> {
  return (await load(json)).found;
}

/** How a stored value is changed. */
export interface JsonChange<Value> {
  /** The value where there is none yet. */
  readonly fresh: () => Value;
  /** Called again with what other writers wrote. Returning the very value it was given: nothing is to be written. */
  readonly change: (value: Value) => Value;
  /** The error to throw when other writers keep winning. */
  readonly contended: (message: string) => ConnectorError;
}

/** Changes the value by a pure function, against whatever other writers do meanwhile. */
export async function updateJson<Schema extends z.ZodType>(
  json: StoredJson<Schema>,
  { fresh, change, contended }: JsonChange<z.output<Schema>>,
): Promise<z.output<Schema>> {
  for (let attempt = 0; attempt < maxTries; attempt += 1) {
    const { found, etag } = await load(json);
    const value = found ?? fresh();
    const changed = change(value);
    if (changed === value) return value;
    const precondition = etag === undefined ? ({ ifAbsent: true } as const) : { ifMatch: etag };
    if (await json.store.put(json.key, jsonText(changed), { precondition })) return changed;
  }
  throw contended(`writing ${json.what} ${json.key}: other writers kept winning`);
}

/** Writes the value where there is none. @returns what lies there now: it, or what was there first. */
export async function createJson<Schema extends z.ZodType>(
  json: StoredJson<Schema>,
  value: z.output<Schema>,
): Promise<z.output<Schema>> {
  const there = await readJson(json);
  if (there !== undefined) return there;
  if (await json.store.put(json.key, jsonText(value), { precondition: { ifAbsent: true } })) return value;
  return (await readJson(json)) ?? value;
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}

async function load<Schema extends z.ZodType>({
  store,
  key,
  schema,
  what,
  hideValues = false,
}: StoredJson<Schema>) {
  const object = await store.getText(key);
  if (object === undefined) return { found: undefined, etag: undefined };
  const found = parseJsonWith(schema, object.text, `reading ${what} ${key}`, { hideValues });
  return { found, etag: object.etag };
}
