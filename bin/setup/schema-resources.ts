import * as z from 'zod';
import type { PlatformClient } from '../../functions/shared/platform/platform-client.ts';
import { schemaRegistryPath } from '../../functions/shared/platform/schema-registry.ts';
import { parseAnswer } from '../../functions/shared/vendor-request.ts';
import { type XdmField, xdmFieldSchema } from './own-fields.ts';

/** What the registry keeps that setup makes. */
export type ResourceKind = 'fieldgroups' | 'schemas';

const references = z.array(z.looseObject({ $ref: z.string().optional() })).default([]);

const resourceSchema = z.looseObject({
  $id: z.string().min(1),
  title: z.string().default(''),
  description: z.string().default(''),
  allOf: references,
  'meta:immutableTags': z.array(z.string()).default([]),
  definitions: z.record(z.string(), xdmFieldSchema).default({}),
});

/** A field group or a schema with its references as they are. */
export type RegistryResource = z.output<typeof resourceSchema>;

const listSchema = z.looseObject({ results: z.array(resourceSchema) });
const statsSchema = z.looseObject({ tenantId: z.string().min(1) });

const descriptorSchema = z.looseObject({
  'xdm:sourceSchema': z.string(),
  'xdm:sourceProperty': z.string(),
  'xdm:namespace': z.string(),
  'xdm:isPrimary': z.boolean().default(false),
});
/** Descriptors come by their kind; a kind that nobody has is left out. */
const descriptorsSchema = z.looseObject({ 'xdm:descriptorIdentity': z.array(descriptorSchema).default([]) });

/** Marks a field of a schema as an identity. */
export type IdentityDescriptor = z.output<typeof descriptorSchema>;

/** A field group to be made. */
export interface NewFieldGroup {
  readonly title: string;
  readonly description: string;
  readonly tenant: string;
  readonly fields: Readonly<Record<string, XdmField>>;
}

/** A schema to be made. */
export interface NewSchema {
  readonly title: string;
  readonly description: string;
  /** `$id`s of the class and of every field group. */
  readonly parts: readonly string[];
  /** Whether it joins Real-time Customer Profile, which can't be undone. */
  readonly profile: boolean;
}

/** One addition by JSON Patch. */
export interface Addition {
  readonly path: string;
  readonly value: unknown;
}

/** The Schema Registry, as far as setup reads and writes it. Errors as `PlatformClient.send`. */
export interface SchemaResources {
  /** The organisation's tenant id, without the leading underscore. */
  tenantId(): Promise<string>;
  /** The tenant's resource of that title. Titles are unique. */
  find(kind: ResourceKind, title: string): Promise<RegistryResource | undefined>;
  read(kind: ResourceKind, id: string): Promise<RegistryResource | undefined>;
  createFieldGroup(group: NewFieldGroup): Promise<RegistryResource>;
  createSchema(schema: NewSchema): Promise<RegistryResource>;
  /** Adds to a resource, all of it or nothing. */
  extend(kind: ResourceKind, id: string, additions: readonly Addition[]): Promise<RegistryResource>;
  identityDescriptors(schemaId: string): Promise<readonly IdentityDescriptor[]>;
  createDescriptor(descriptor: IdentityDescriptor): Promise<IdentityDescriptor>;
}

/** Where our own field groups keep their fields. */
const definition = 'customFields';
const json = { 'content-type': 'application/json' };

export function createSchemaResources(client: PlatformClient): SchemaResources {
  const get = (act: string, path: string, accept: string) =>
    client.send({
      act,
      method: 'GET',
      path: `${schemaRegistryPath}${path}`,
      headers: { accept },
      expect: [404],
    });
  const write = async <Schema extends z.ZodType>(
    act: string,
    to: { readonly method: 'POST' | 'PATCH'; readonly path: string; readonly body: unknown },
    schema: Schema,
  ): Promise<z.output<Schema>> => {
    const { method, path, body } = to;
    const answer = await client.send({
      act,
      method,
      path: `${schemaRegistryPath}/tenant/${path}`,
      headers: json,
      body: () => JSON.stringify(body),
    });
    return parseAnswer(schema, answer.text, `${act}: reading the answer`);
  };

  return {
    async tenantId() {
      const act = 'asking the Schema Registry for the tenant';
      const answer = await client.send({
        act,
        method: 'GET',
        path: `${schemaRegistryPath}/stats`,
        headers: { accept: 'application/json' },
      });
      return parseAnswer(statsSchema, answer.text, act).tenantId.replace(/^_/, '');
    },
    async find(kind, title) {
      const act = `looking for "${title}" in the Schema Registry`;
      // `%20` and not `+`, which only forms read as a blank.
      const query = `property=${encodeURIComponent(`title==${title}`)}`;
      const answer = await get(act, `/tenant/${kind}?${query}`, 'application/vnd.adobe.xed+json');
      if (answer.status === 404) return undefined;
      const { results } = parseAnswer(listSchema, answer.text, act);
      return results.find((resource) => resource.title === title);
    },
    async read(kind, id) {
      const act = `reading ${id} from the Schema Registry`;
      const accept = 'application/vnd.adobe.xed+json; version=1';
      const answer = await get(act, `/tenant/${kind}/${encodeURIComponent(id)}`, accept);
      if (answer.status === 404) return undefined;
      return parseAnswer(resourceSchema, answer.text, act);
    },
    createFieldGroup: (group) =>
      write(
        'making the field group',
        { method: 'POST', path: 'fieldgroups', body: fieldGroupBody(group) },
        resourceSchema,
      ),
    createSchema: (schema) =>
      write(
        'making the schema',
        { method: 'POST', path: 'schemas', body: schemaBody(schema) },
        resourceSchema,
      ),
    extend(kind, id, additions) {
      const body = additions.map((addition) => ({ op: 'add', ...addition }));
      const path = `${kind}/${encodeURIComponent(id)}`;
      return write(`adding to ${id}`, { method: 'PATCH', path, body }, resourceSchema);
    },
    async identityDescriptors(schemaId) {
      const act = 'asking the Schema Registry for identity descriptors';
      const answer = await get(act, '/tenant/descriptors', 'application/vnd.adobe.xdm+json');
      if (answer.status === 404) return [];
      const found = parseAnswer(descriptorsSchema, answer.text, act);
      return found['xdm:descriptorIdentity'].filter((one) => one['xdm:sourceSchema'] === schemaId);
    },
    createDescriptor: (descriptor) => {
      const body = {
        '@type': 'xdm:descriptorIdentity',
        'xdm:sourceVersion': 1,
        'xdm:property': 'xdm:code',
        ...descriptor,
      };
      return write(
        'making the identity descriptor',
        { method: 'POST', path: 'descriptors', body },
        descriptorSchema,
      );
    },
  };
}

function fieldGroupBody({ title, description, tenant, fields }: NewFieldGroup) {
  const properties = { [`_${tenant}`]: { type: 'object', properties: fields } };
  return {
    type: 'object',
    title,
    description,
    'meta:intendedToExtend': ['https://ns.adobe.com/xdm/context/experienceevent'],
    definitions: { [definition]: { type: 'object', properties } },
    allOf: [{ $ref: `#/definitions/${definition}` }],
  };
}

function schemaBody({ title, description, parts, profile }: NewSchema) {
  return {
    type: 'object',
    title,
    description,
    allOf: parts.map(($ref) => ({ $ref })),
    ...(profile ? { 'meta:immutableTags': ['union'] } : {}),
  };
}
