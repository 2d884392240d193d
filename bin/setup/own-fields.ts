import * as z from 'zod';
import type { Rule } from '../../functions/shared/mapping/index.ts';
import { pathText } from '../../functions/shared/mapping/language/path-text.ts';
import { commonType, type ResultType, resultType } from './result-type.ts';

/** A field as the Schema Registry takes and gives it. */
export interface XdmField {
  type?: string | undefined;
  format?: string | undefined;
  minimum?: number | undefined;
  maximum?: number | undefined;
  title?: string | undefined;
  properties?: Record<string, XdmField> | undefined;
  items?: XdmField | undefined;
  additionalProperties?: XdmField | undefined;
}

/** As the registry gives it; what is not named here is of no interest. */
export const xdmFieldSchema: z.ZodType<XdmField> = z.lazy(() =>
  z.object({
    type: z.string().optional(),
    properties: z.record(z.string(), xdmFieldSchema).optional(),
    items: xdmFieldSchema.optional(),
    // Also `true` or `false` in JSON Schema, which says nothing of a field.
    additionalProperties: xdmFieldSchema.optional().catch(undefined),
  }),
);

export interface OwnFields {
  /** The fields below `_<tenant>`, by name. */
  readonly fields: Readonly<Record<string, XdmField>>;
  /** One line for each rule that no field can be made for. */
  readonly problems: readonly string[];
}

/** The fields in the tenant's own namespace that a mapping set writes, each with the type of its rules' results. */
export function ownFields(rules: readonly Rule[], tenant: string): OwnFields {
  const root: XdmField = { type: 'object' };
  const types = new Map<XdmField, ResultType>();
  const problems: string[] = [];
  for (const rule of rules) {
    const [first, ...below] = rule.destination;
    if (first?.kind !== 'key' || first.name !== `_${tenant}`) continue;
    try {
      const field = below.reduce<XdmField>((parent, segment) => stepInto(parent, segment), root);
      if (below.length === 0)
        throw new Misfit('write its fields one by one: what it copies has names that no schema knows');
      give(field, resultType(rule), types);
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      problems.push(`rule ${rule.index + 1} (${pathText(rule.destination)}): ${error.message}`);
    }
  }
  return { fields: root.properties ?? {}, problems };
}

class Misfit extends Error {}

/** XDM's rule for a tenant's fields: letters, digits, `_` and `-`, a letter or digit first. */
const fieldName = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

function stepInto(parent: XdmField, segment: Rule['destination'][number]): XdmField {
  if (segment.kind !== 'key') {
    claim(parent, 'array');
    parent.items ??= {};
    return parent.items;
  }
  claim(parent, 'object');
  if (parent.additionalProperties !== undefined) return parent.additionalProperties;
  if (!fieldName.test(segment.name)) {
    throw new Misfit(
      `"${segment.name}" is no name of a field: letters, digits, _ and -, a letter or digit first`,
    );
  }
  parent.properties ??= {};
  const child: XdmField = parent.properties[segment.name] ?? {};
  parent.properties[segment.name] = child;
  return child;
}

function claim(field: XdmField, type: 'array' | 'object'): void {
  if (field.type !== undefined && field.type !== type) {
    throw new Misfit('another rule writes a single value above it; write each field by a rule of its own');
  }
  field.type = type;
}

function give(field: XdmField, found: ResultType, types: Map<XdmField, ResultType>): void {
  const known = types.get(field);
  if (known === undefined && field.type !== undefined) {
    // Single names that rules write into a map are values of it like those that the events bring.
    const values = Object.values(field.properties ?? {});
    if (found !== 'map' || values.length === 0 || !values.every((value) => types.has(value)))
      throw new Misfit('other rules write below it; write each field by a rule of its own');
  }
  const type = known === undefined ? found : commonType(known, found);
  for (const name of keywords) delete field[name];
  Object.assign(field, fieldOfType(type));
  types.set(field, type);
  if (field.additionalProperties !== undefined) types.set(field.additionalProperties, 'string');
}

const keywords = [
  'type',
  'format',
  'minimum',
  'maximum',
  'properties',
  'items',
  'additionalProperties',
] as const satisfies readonly (keyof XdmField)[];

/** A field of that type, in the registry's words. Whole numbers are of 32 bits there unless bounds say otherwise. */
function fieldOfType(type: ResultType): XdmField {
  switch (type) {
    case 'map':
      return { type: 'object', additionalProperties: { type: 'string' } };
    case 'list':
      return { type: 'array', items: { type: 'string' } };
    case 'date-time':
      return { type: 'string', format: 'date-time' };
    case 'long':
      return { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };
    default:
      return { type };
  }
}

/** A field to be added, and where, as a JSON Pointer below the field group's own properties. */
export interface MissingField {
  readonly pointer: string;
  readonly field: XdmField;
}

/**
 * What of the wanted fields is missing; an object that is missing counts once, with all that is in it. A field that is
 * there as something else is not among them: it can't be changed.
 */
export function missingFields(wanted: XdmField, there: XdmField, above = ''): MissingField[] {
  const inItems =
    wanted.items === undefined || there.items === undefined
      ? []
      : missingFields(wanted.items, there.items, `${above}/items`);
  if (wanted.properties === undefined || there.properties === undefined) return inItems;
  const known = there.properties;
  return Object.entries(wanted.properties).flatMap(([name, field]) => {
    const pointer = `${above}/properties/${name}`;
    const found = Object.hasOwn(known, name) ? known[name] : undefined;
    return found === undefined ? [{ pointer, field }] : missingFields(field, found, pointer);
  });
}

/** How many single fields there are in a tree; a map counts as one. */
export function countFields(field: XdmField): number {
  const inside = field.items?.properties ?? field.properties;
  if (inside === undefined) return 1;
  return Object.values(inside).reduce((sum, child) => sum + countFields(child), 0);
}
