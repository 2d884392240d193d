import * as z from 'zod';
import { isObject, property, textProperty } from './json.ts';
import { pathOf, type SchemaRegistry } from './registry.ts';
import { registryError } from './reply.ts';
import { eventClass } from './schema/standard-resources.ts';
import type { WireSchema } from './wire-schema.ts';

const reference = z.looseObject({ $ref: z.string().min(1) });

/** What the registry asks of a new schema. */
export const schemaBody = z.looseObject({
  type: z.literal('object', 'must be "object"'),
  title: z.string().min(1),
  description: z.string(),
  allOf: z.array(reference).min(1),
  'meta:immutableTags': z.array(z.literal('union')).optional(),
});

/** What the registry asks of a new field group. */
export const fieldGroupBody = z.looseObject({
  type: z.literal('object', 'must be "object"'),
  title: z.string().min(1),
  'meta:intendedToExtend': z.array(z.string()).min(1),
  definitions: z.record(z.string(), z.looseObject({ properties: z.record(z.string(), z.unknown()) })),
  allOf: z.array(reference).min(1),
});

/** What the registry asks of a new identity descriptor, the one kind that an event's dataset needs. */
export const descriptorBody = z.strictObject({
  '@type': z.literal('xdm:descriptorIdentity'),
  'xdm:sourceSchema': z.string(),
  'xdm:sourceVersion': z.literal(1),
  'xdm:sourceProperty': z.string().regex(/^\/.+/),
  'xdm:namespace': z.string(),
  'xdm:property': z.enum(['xdm:code', 'xdm:id']),
  'xdm:isPrimary': z.boolean(),
});

/** No number is documented for a body that breaks the registry's rules. */
const invalidBody = (detail: string) => registryError(400, 'XDM-1000-400', 'Invalid resource', detail);

/** @throws {ReplyError} 400 when the schema is not one class and field groups that exist. */
export function checkSchema(registry: SchemaRegistry, body: z.output<typeof schemaBody>): void {
  const ids = body.allOf.map((part) => part.$ref);
  const classes = ids.filter((id) => registry.has('classes', id));
  if (classes.length !== 1) throw invalidBody('allOf must name exactly one class');
  const unknown = ids.find((id) => !classes.includes(id) && !registry.has('fieldgroups', id));
  if (unknown !== undefined) throw invalidBody(`allOf names ${unknown}, which is no field group`);
  if (new Set(ids).size !== ids.length) throw invalidBody('allOf names a field group twice');
}

/** @throws {ReplyError} 400 when a field is not the tenant's own, or has a name or a type that XDM does not allow. */
export function checkFieldGroup(tenant: string, body: z.output<typeof fieldGroupBody>): void {
  if (!body['meta:intendedToExtend'].includes(eventClass)) {
    throw invalidBody('meta:intendedToExtend must name the ExperienceEvent class');
  }
  for (const definition of Object.values(body.definitions)) {
    for (const [name, field] of Object.entries(definition.properties)) {
      if (name !== `_${tenant}`) throw invalidBody(`${name} is outside of the tenant's namespace _${tenant}`);
      checkField(field, name);
    }
  }
}

const fieldTypes = ['object', 'array', 'string', 'number', 'integer', 'boolean'];

function checkField(field: unknown, path: string): void {
  if (typeof property(field, '$ref') === 'string') return;
  if (!fieldTypes.includes(textProperty(field, 'type') ?? '')) throw invalidBody(`${path} has no type`);
  const children = property(field, 'properties');
  const values = property(field, 'additionalProperties');
  const isMap = isObject(values);
  if (isMap && children !== undefined) throw invalidBody(`${path} is a map and has properties`);
  if (field !== null && property(field, 'type') === 'object' && !isMap && !isObject(children)) {
    throw invalidBody(`${path} is an object without properties`);
  }
  if (property(field, 'type') === 'array') checkField(property(field, 'items'), `${path}[]`);
  if (isMap) checkField(values, `${path}.*`);
  for (const [name, child] of Object.entries(isObject(children) ? children : {})) {
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name)) throw invalidBody(`${path}.${name} is not a field name`);
    checkField(child, `${path}.${name}`);
  }
}

/** @throws {ReplyError} 400 when the descriptor marks no text field of a schema with a namespace that exists. */
export function checkDescriptor(
  registry: SchemaRegistry,
  body: z.output<typeof descriptorBody>,
  hasNamespace: (code: string) => boolean,
): void {
  if (!registry.has('schemas', body['xdm:sourceSchema']))
    throw invalidBody('xdm:sourceSchema names no schema');
  const path = pathOf(body['xdm:sourceProperty']);
  if (path.length === 1 && path[0] === '_id') throw invalidBody('_id cannot be an identity');
  let field: WireSchema | undefined = registry.full(body['xdm:sourceSchema']);
  for (const name of path) field = field?.properties?.[name];
  if (field?.type !== 'string') throw invalidBody('xdm:sourceProperty names no text field');
  if (!hasNamespace(body['xdm:namespace'])) throw invalidBody('xdm:namespace names no namespace');
}
