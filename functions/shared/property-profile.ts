import * as z from 'zod';

/** The types of JSON values, under the names that the reports use. */
export const jsonTypes = ['string', 'number', 'boolean', 'list', 'object', 'null'] as const;
export type JsonType = (typeof jsonTypes)[number];

/**
 * Names that a profile has room for: eight times as many as one event may have (255). More are made by a mistake,
 * such as an id used as a name, and would let checkpoints and reports grow with the data.
 */
export const maxProfileNames = 2_000;
/** Mixpanel cuts texts at 255 bytes; a name longer than that is data in the wrong place. */
const maxNameLength = 255;
/** Ends a name that was cut. */
const cutMark = '…';

const count = z.int().nonnegative();

/** Which properties events have, and of what type: names and counts, never a value. */
export const propertyProfileSchema = z.object({
  /** How many events were looked at. */
  records: count,
  /** By name. A list, and not an object by name: `__proto__` is a name like any other. */
  properties: z
    .array(z.object({ name: z.string(), types: z.partialRecord(z.enum(jsonTypes), count) }))
    .max(maxProfileNames),
  /** How many values had a name for which there was no room left. */
  unlisted: count,
});
export type PropertyProfile = z.output<typeof propertyProfileSchema>;

/** Gathers a profile in bounded memory. */
export interface ProfileBuilder {
  /** Counts the properties of one event: those directly under `properties`, whatever is inside them. */
  addRecord(properties: Readonly<Record<string, unknown>>): void;
  addProfile(profile: PropertyProfile): void;
  profile(): PropertyProfile;
}

type TypeCounts = Record<JsonType, number>;

interface Entry extends TypeCounts {
  readonly name: string;
  /** The name that came after this one last time. */
  next: Entry | undefined;
}

/**
 * The profile of events that come one by one. It has to cost next to nothing beside their mapping (docs/performance.md):
 * events of one project name their properties in few orders, so most names are found as the successor of the one
 * before, without a look-up.
 */
export function createProfileBuilder(): ProfileBuilder {
  const byName = new Map<string, Entry>();
  const start = newEntry('');
  let records = 0;
  let unlisted = 0;

  const entryOf = (fullName: string): Entry | undefined => {
    const name = fullName.length > maxNameLength ? cut(fullName) : fullName;
    const known = byName.get(name);
    if (known !== undefined || byName.size >= maxProfileNames) return known;
    const entry = newEntry(name);
    byName.set(name, entry);
    return entry;
  };

  return {
    addRecord(properties) {
      records += 1;
      let before = start;
      // Only parsed JSON comes here, which has no inherited members to pass over.
      for (const name in properties) {
        let entry = before.next;
        if (entry?.name !== name) {
          entry = entryOf(name);
          before.next = entry;
        }
        if (entry === undefined) unlisted += 1;
        else {
          countType(entry, properties[name]);
          before = entry;
        }
      }
    },
    addProfile(profile) {
      records += profile.records;
      unlisted += profile.unlisted;
      for (const { name, types } of profile.properties) {
        const entry = entryOf(name);
        for (const type of jsonTypes) {
          if (entry === undefined) unlisted += types[type] ?? 0;
          else entry[type] += types[type] ?? 0;
        }
      }
    },
    profile: () => ({
      records,
      properties: [...byName.values()]
        .map((entry) => ({ name: entry.name, types: withoutZeros(entry) }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
      unlisted,
    }),
  };
}

function newEntry(name: string): Entry {
  return { name, next: undefined, string: 0, number: 0, boolean: 0, list: 0, object: 0, null: 0 };
}

function countType(entry: Entry, value: unknown): void {
  if (typeof value === 'string') entry.string += 1;
  // An integer beyond 2^53 is read as a bigint.
  else if (typeof value === 'number' || typeof value === 'bigint') entry.number += 1;
  else if (typeof value === 'boolean') entry.boolean += 1;
  else if (value === null) entry.null += 1;
  else if (Array.isArray(value)) entry.list += 1;
  else entry.object += 1;
}

/** Copied by way of its bytes: a mere slice would keep the whole name in memory. */
function cut(name: string): string {
  return `${Buffer.from(name.slice(0, maxNameLength)).toString('utf8')}${cutMark}`;
}

function withoutZeros(counts: TypeCounts): Partial<TypeCounts> {
  const found: Partial<TypeCounts> = {};
  for (const type of jsonTypes) if (counts[type] > 0) found[type] = counts[type];
  return found;
}
