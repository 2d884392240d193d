import { createHash } from 'node:crypto';
import * as z from 'zod';
import { ConnectorError, describeError } from './errors.ts';
import type { Log } from './log.ts';
import { schemaKey } from './object-keys.ts';
import type { ObjectStore } from './object-store.ts';
import { parseJsonWith } from './parse.ts';
import type { SchemaRegistry } from './platform/schema-registry.ts';

/** Schemas change when somebody adds a field: a day is soon enough for a check, and seldom enough for the registry. */
const maxAgeMs = 24 * 60 * 60_000;
/** After the registry gave nothing it is left alone for a while: a delivery has many messages. */
const retryPauseMs = 10 * 60_000;
/** The registry is only asked for the sake of a check, and must not cost a delivery its time. */
const maxWaitMs = 20_000;

const storedSchemaSchema = z.object({
  version: z.literal(1),
  schemaId: z.string(),
  fetchedAt: z.iso.datetime(),
  schema: z.looseObject({}),
});
type StoredSchema = z.output<typeof storedSchemaSchema>;

/** A target's schema as it lies in the archive bucket. */
export interface KeptSchema {
  readonly fetchedAtMs: number;
  readonly document: unknown;
  /** Of the document: the same for the same schema, however often it is fetched. */
  readonly hash: string;
}

/** A source's target schema, kept in the archive bucket, where every function and command reads the same one. */
export interface SchemaKeeper {
  /**
   * The schema; fetched anew when there is none, when it is of another id, or older than a day. A registry that gives
   * none is logged and never an error: then what is kept counts, however old.
   *
   * @param wanted how old it may be at most, when a younger one may mend something.
   * @returns undefined when there is none to be had.
   */
  read(signal: AbortSignal, wanted?: { readonly maxAgeMs: number }): Promise<KeptSchema | undefined>;
  /**
   * The schema that the registry has now, whatever is kept; it is kept from now on, so that deliveries go by it at once.
   * What is kept of another schema stays, as what is deployed may go by that one.
   *
   * @returns undefined when the registry doesn't know it; then nothing is changed.
   * @throws what the registry's client and the bucket throw.
   */
  refresh(signal?: AbortSignal): Promise<RefreshedSchema | undefined>;
}

export interface RefreshedSchema extends KeptSchema {
  /** Whether it lies in the bucket: not where another schema does. */
  readonly isKept: boolean;
}

export interface SchemaKeeperOptions {
  readonly store: ObjectStore;
  readonly registry: SchemaRegistry;
  readonly source: string;
  readonly schemaId: string;
  readonly clock: () => number;
  readonly log: Log;
}

export function createSchemaKeeper(options: SchemaKeeperOptions): SchemaKeeper {
  const { store, clock, schemaId, log } = options;
  const key = schemaKey(options.source);
  let leaveAloneUntilMs = Number.NEGATIVE_INFINITY;

  const load = async () => {
    const object = await store.getText(key);
    const stored = object && readStored(options, key, object.text);
    const isOwn = stored?.schemaId === schemaId;
    return { stored: isOwn ? stored : undefined, other: isOwn ? undefined : stored, etag: object?.etag };
  };
  const tryRegistry = async (signal: AbortSignal) => {
    try {
      const schema = await askRegistry(options, AbortSignal.any([signal, AbortSignal.timeout(maxWaitMs)]));
      if (schema !== undefined) return schema;
      log.warn('Schema:NotFetched', { code: 'schema_unknown', schemaId });
    } catch (error) {
      const code = error instanceof ConnectorError ? error.code : 'unexpected';
      log.warn('Schema:NotFetched', { code, schemaId, error: describeError(error) });
    }
    leaveAloneUntilMs = clock() + retryPauseMs;
    return undefined;
  };
  const fetchedNow = (schema: StoredSchema['schema']): StoredSchema => {
    return { version: 1, schemaId, fetchedAt: toIso(clock()), schema };
  };
  const put = (fetched: StoredSchema, etag: string | undefined) => {
    const precondition = etag === undefined ? ({ ifAbsent: true } as const) : { ifMatch: etag };
    return store.put(key, JSON.stringify(fetched), { precondition });
  };
  const keep = async (schema: StoredSchema['schema'], etag: string | undefined) => {
    const fetched = fetchedNow(schema);
    if (await put(fetched, etag)) return fetched;
    // Another writer was faster: all go on with what lies there, so that their rows are made alike.
    return (await load()).stored ?? fetched;
  };
  return {
    async read(signal, wanted = { maxAgeMs }) {
      const { stored, etag } = await load();
      if (stored !== undefined && clock() - Date.parse(stored.fetchedAt) < wanted.maxAgeMs)
        return kept(stored);
      const schema = clock() < leaveAloneUntilMs ? undefined : await tryRegistry(signal);
      // Also over what was kept of another schema.
      if (schema !== undefined) return kept(await keep(schema, etag));
      return stored && kept(stored);
    },
    async refresh(signal) {
      // The state is read before the registry is asked: whoever is faster may still have asked it before this began, and
      // is written over; whoever is faster a second time has asked since.
      for (let isSecond = false; ; isSecond = true) {
        const { other, etag } = await load();
        const schema = await askRegistry(options, signal);
        if (schema === undefined) return undefined;
        if (other !== undefined) return { ...kept(fetchedNow(schema)), isKept: false };
        if (isSecond) return { ...kept(await keep(schema, etag)), isKept: true };
        const fetched = fetchedNow(schema);
        if (await put(fetched, etag)) return { ...kept(fetched), isKept: true };
      }
    },
  };
}

function kept({ fetchedAt, schema }: StoredSchema): KeptSchema {
  const hash = createHash('sha256').update(JSON.stringify(schema)).digest('hex');
  return { fetchedAtMs: Date.parse(fetchedAt), document: schema, hash };
}

function toIso(ms: number): string {
  return new Date(ms).toISOString();
}

/** An object that can't be read is as good as none: it holds nothing that the registry doesn't. */
function readStored({ log }: SchemaKeeperOptions, key: string, text: string): StoredSchema | undefined {
  try {
    return parseJsonWith(storedSchemaSchema, text, `reading the schema ${key}`, { hideValues: true });
  } catch (error) {
    log.warn('Schema:Unreadable', { error: describeError(error) });
    return undefined;
  }
}

async function askRegistry(
  { registry, schemaId, log }: SchemaKeeperOptions,
  signal: AbortSignal | undefined,
): Promise<StoredSchema['schema'] | undefined> {
  const schema = await registry.readFullSchema(schemaId, signal);
  // What is nested too deep to be written can neither be kept nor be told apart; it throws here.
  if (schema !== undefined) log.info('Schema:Fetched', { schemaId, bytes: JSON.stringify(schema).length });
  return schema;
}
