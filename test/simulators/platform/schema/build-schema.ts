import { nameTypes, type WireSchema, type WireType } from '../wire-schema.ts';
import type { Field, FieldTable } from './field.ts';

/** A step of a path: into a list's elements, a map's values, or an object's field of that name. */
const stepPattern = /\[\]|\*|[^.[\]*]+/g;

/**
 * The table as an object schema, complete with the objects, lists and maps on the way to each field.
 *
 * @throws {Error} when two paths disagree about what is at a place.
 */
export function buildSchema(table: FieldTable): WireSchema {
  const root: WireSchema = { type: 'object' };
  for (const [path, field] of Object.entries(table)) place(root, path, field);
  return nameTypes(root);
}

function place(root: WireSchema, path: string, { required, ...constraints }: Field): void {
  let parent = root;
  let current = root;
  let name = '';
  for (const step of path.match(stepPattern) ?? []) {
    parent = current;
    name = step;
    current = stepInto(current, step, path);
  }
  claim(current, constraints.type ?? 'object', path);
  Object.assign(current, constraints);
  if (required === true) parent.required = [...(parent.required ?? []), name];
}

function stepInto(schema: WireSchema, step: string, path: string): WireSchema {
  if (step === '[]') {
    claim(schema, 'array', path);
    schema.items ??= {};
    return schema.items;
  }
  claim(schema, 'object', path);
  if (step === '*') {
    schema.additionalProperties ??= {};
    return schema.additionalProperties;
  }
  schema.properties ??= {};
  const child: WireSchema = schema.properties[step] ?? {};
  schema.properties[step] = child;
  return child;
}

function claim(schema: WireSchema, type: WireType, path: string): void {
  if (schema.type !== undefined && schema.type !== type) {
    throw new Error(`building a schema: ${path} needs type ${type} where another path needs ${schema.type}`);
  }
  schema.type = type;
}
