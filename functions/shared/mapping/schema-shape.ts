import type { FieldShape, ScalarType } from './field-shape.ts';

/** Schemas nest some ten levels; the bound ends references that lead back to themselves. */
const maxDepth = 40;

type Schema = Readonly<Record<string, unknown>>;

/**
 * The types of a target's fields, read from its JSON Schema as the Schema Registry gives it in full
 * (`application/vnd.adobe.xed-full+json`). References within the schema are followed; what it leaves open takes any
 * value.
 */
export function shapeOfSchema(schema: unknown): FieldShape {
  return shapeOf(schema, schema, 0);
}

function shapeOf(value: unknown, root: unknown, depth: number): FieldShape {
  if (!isSchema(value) || depth > maxDepth) return 'any';
  if (typeof value.$ref === 'string') return shapeOf(target(value.$ref, root), root, depth + 1);
  if (value.type === 'array' || value.items !== undefined) return [shapeOf(value.items, root, depth + 1)];
  const named = objectShape(value, root, depth);
  if (named !== undefined) return named;
  return scalarShape(value);
}

function objectShape(schema: Schema, root: unknown, depth: number): FieldShape | undefined {
  const names: Record<string, FieldShape> = Object.create(null);
  let isObject = false;
  for (const part of Array.isArray(schema.allOf) ? schema.allOf : []) {
    const shape = shapeOf(part, root, depth + 1);
    if (typeof shape !== 'object' || Array.isArray(shape)) continue;
    Object.assign(names, shape);
    isObject = true;
  }
  if (isSchema(schema.properties)) {
    for (const [name, field] of Object.entries(schema.properties))
      names[name] = shapeOf(field, root, depth + 1);
    isObject = true;
  }
  if (isSchema(schema.additionalProperties)) {
    names['*'] = shapeOf(schema.additionalProperties, root, depth + 1);
    isObject = true;
  }
  return isObject ? names : undefined;
}

function scalarShape(schema: Schema): ScalarType {
  switch (schema.type) {
    case 'string':
      if (schema.format === 'date-time') return 'date-time';
      return schema.format === 'date' ? 'date' : 'string';
    case 'integer':
      return 'integer';
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    default:
      return 'any';
  }
}

/** What a reference such as `#/definitions/x` points at. */
function target(reference: string, root: unknown): unknown {
  if (!reference.startsWith('#/')) return undefined;
  let value = root;
  for (const part of reference.slice(2).split('/')) {
    const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    value = isSchema(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
