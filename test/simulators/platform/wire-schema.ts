/**
 * A schema in the form in which the registry hands it out "full": every reference resolved, fields under the names that
 * they have in uploaded rows. It is plain JSON Schema, so that any validator reads it.
 */
export interface WireSchema {
  $id?: string;
  title?: string;
  type?: WireType;
  properties?: Record<string, WireSchema>;
  required?: string[];
  additionalProperties?: WireSchema;
  items?: WireSchema;
  format?: string;
  pattern?: string;
  enum?: unknown[];
  const?: unknown;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  'meta:xdmType'?: string;
}

/** The types of JSON Schema that XDM uses; maps are objects, instants are strings. */
export type WireType = 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean';

const wireTypes: readonly string[] = ['object', 'array', 'string', 'number', 'integer', 'boolean'];

/** Whether the name is one of JSON Schema's types that a row's field can have. */
export function isWireType(value: unknown): value is WireType {
  return typeof value === 'string' && wireTypes.includes(value);
}

/** Bounds of XDM's int: the type of a whole number whose schema says nothing more (32 bits). */
const maxInt = 2_147_483_647;

/** Fills in `meta:xdmType`, and the bounds of whole numbers that have none, on the schema and everything below it. */
export function nameTypes(schema: WireSchema): WireSchema {
  if (schema.type === 'integer') {
    schema.minimum ??= -maxInt - 1;
    schema.maximum ??= maxInt;
  }
  const name = xdmType(schema);
  if (name !== undefined) schema['meta:xdmType'] = name;
  for (const child of Object.values(schema.properties ?? {})) nameTypes(child);
  if (schema.items !== undefined) nameTypes(schema.items);
  if (schema.additionalProperties !== undefined) nameTypes(schema.additionalProperties);
  return schema;
}

function xdmType(schema: WireSchema): string | undefined {
  switch (schema.type) {
    case 'object':
      return schema.additionalProperties === undefined ? 'object' : 'map';
    case 'string':
      return schema.format === 'date-time' || schema.format === 'date' ? schema.format : 'string';
    case 'integer':
      return (schema.maximum ?? maxInt) > maxInt || (schema.minimum ?? 0) < -maxInt - 1 ? 'long' : 'int';
    case 'number':
      return 'double';
    default:
      return schema.type;
  }
}
