import { ConfigError } from '../../functions/shared/errors.ts';
import { compileMapping, type MappingSet, readTargetSchema } from '../../functions/shared/mapping/index.ts';
import type { SchemaRegistry } from '../../functions/shared/platform/schema-registry.ts';
import type { RegistryResource, SchemaResources } from './schema-resources.ts';
import { setUpFieldGroup } from './set-up-field-group.ts';
import { describeOwn, isOwn, nameTaken, type SetupNames } from './setup-names.ts';
import { Conflict, type StepRecorder } from './setup-step.ts';
import { eventClass } from './standard-groups.ts';
import type { WantedResources } from './wanted-resources.ts';

/** What a source's schema is made of, and with what. */
export interface SchemaWork {
  readonly registry: SchemaResources;
  /** Reads a schema with all that it refers to. */
  readonly fullSchemas: SchemaRegistry;
  readonly recorder: StepRecorder;
  readonly wanted: WantedResources;
  readonly mapping: MappingSet;
  readonly tenant: string;
  readonly names: SetupNames;
  readonly profile: boolean;
  /** Whether our own field group and schema may be added to. */
  readonly grow: boolean;
}

/** The schema that is there, or was made. */
export interface FoundSchema {
  readonly id: string;
  readonly isOurs: boolean;
}

/** The schema, where it has to be there by now. */
export function madeSchema(schema: FoundSchema | undefined): FoundSchema {
  if (schema === undefined) throw new Error('going on without the schema that setup was to make');
  return schema;
}

/**
 * Finds or makes field group and schema; a schema of the user's own is only checked.
 *
 * @param configured the schema that the configuration, or its dataset, names.
 * @returns undefined when there is none yet.
 */
export async function setUpSchema(
  work: SchemaWork,
  configured: string | undefined,
): Promise<FoundSchema | undefined> {
  const { recorder, registry, names } = work;
  if (configured === undefined) return setUpOwnSchema(work, undefined);
  const schema = await recorder.ask(() => registry.read('schemas', configured));
  if (schema === undefined) {
    recorder.add({ kind: 'schema', name: configured, state: 'conflict' });
    recorder.problems.push(
      `platform.schemaId: there is no schema ${configured} in this sandbox; correct it, or leave schemaId and datasetId out, and setup makes them`,
    );
    return undefined;
  }
  if (isOwn(schema.description, names)) return setUpOwnSchema(work, schema);
  const { title: name, $id: id } = schema;
  recorder.add({ kind: 'schema', name, state: 'exists', id, note: 'not made by setup: it is only checked' });
  for (const problem of await uncovered(work, id)) {
    recorder.problems.push(
      `${problem}; add it to the schema "${name}", or leave schemaId and datasetId out, and setup makes a schema of its own`,
    );
  }
  return { id, isOurs: false };
}

async function setUpOwnSchema(
  work: SchemaWork,
  known: RegistryResource | undefined,
): Promise<FoundSchema | undefined> {
  const { recorder, registry, wanted, names, profile } = work;
  recorder.problems.push(...wanted.problems);
  const before = known ?? (await schemaBefore(work));
  const group = await setUpFieldGroup(work, before);
  const parts = [eventClass, ...wanted.standardGroups, ...(group === undefined ? [] : [group.$id])];
  const description = describeOwn('Every raw event of a Mixpanel project.', names);
  const schema = await recorder.ensure({
    kind: 'schema',
    name: before?.title ?? names.schema,
    note: schemaNote(work),
    find: async () => before ?? findSchema(work),
    make: () => registry.createSchema({ title: names.schema, description, parts, profile }),
    id: ({ $id }) => $id,
    remark: (found) => profileRemark(found, profile),
  });
  if (schema === undefined) return undefined;
  await addParts(work, schema, parts);
  const isWhole = recorder.steps.every(({ state }) => state !== 'missing' && state !== 'conflict');
  // With something still to be added, a look at the schema would only say so again.
  if (isWhole && recorder.problems.length === 0) {
    recorder.problems.push(...(await uncovered(work, schema.$id)).map((problem) => `${problem}; ${stuck}`));
  }
  return { id: schema.$id, isOurs: true };
}

/** Our schema, if it is there. One of others in its place is told of when it comes to the schema's own step. */
async function schemaBefore(work: SchemaWork): Promise<RegistryResource | undefined> {
  try {
    return await work.recorder.ask(() => findSchema(work));
  } catch (error) {
    if (error instanceof Conflict) return undefined;
    throw error;
  }
}

const stuck = 'what a schema has stays as it is: let the rule write another field, or another value';

async function findSchema({ registry, names }: SchemaWork): Promise<RegistryResource | undefined> {
  const found = await registry.find('schemas', names.schema);
  if (found === undefined || isOwn(found.description, names)) return found;
  throw new Conflict(nameTaken('schema', found.title, found.$id));
}

/** The standard field groups by their short names, and what can't be undone. */
function schemaNote({ wanted, profile }: SchemaWork): string {
  const groups = wanted.standardGroups.map((id) => id.slice(eventClass.length + 1));
  return [...groups, ...(profile ? ['enabled for Profile, for good'] : [])].join(', ');
}

function profileRemark(schema: RegistryResource, profile: boolean): string | undefined {
  if (!profile || schema['meta:immutableTags'].includes('union')) return undefined;
  return 'not enabled for Profile: enable it in Platform, or set platform.profile to false';
}

/** Joins to our schema the field groups that the mapping set has come to use. */
async function addParts(work: SchemaWork, schema: RegistryResource, parts: readonly string[]): Promise<void> {
  const { recorder, registry, grow } = work;
  const missing = partsNotIn(schema, parts);
  if (missing.length === 0) return;
  if (!grow) {
    recorder.problems.push(
      `the schema "${schema.title}" lacks field groups that the mapping set uses: ${missing.join(', ')}; run setup again with --grow, which adds them`,
    );
    return;
  }
  await recorder.ensure({
    kind: 'fields',
    name: missing.join(', '),
    find: async () => {
      const now = await registry.read('schemas', schema.$id);
      return now !== undefined && partsNotIn(now, parts).length === 0 ? now : undefined;
    },
    make: () => {
      // Both lists, as Adobe's examples do.
      const additions = missing.flatMap((id) => [
        { path: '/meta:extends/-', value: id },
        { path: '/allOf/-', value: { $ref: id } },
      ]);
      return registry.extend('schemas', schema.$id, additions);
    },
    id: ({ $id }) => $id,
  });
}

function partsNotIn({ allOf }: RegistryResource, parts: readonly string[]): string[] {
  return parts.filter((id) => !allOf.some(({ $ref }) => $ref === id));
}

/** What of the mapping set does not fit the schema, one line each: what the deployed connector would refuse too. */
async function uncovered(work: SchemaWork, schemaId: string): Promise<readonly string[]> {
  const document = await work.recorder.ask(() => work.fullSchemas.readFullSchema(schemaId));
  try {
    compileMapping(work.mapping, { schema: readTargetSchema(document, 'reading the schema').root });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}
