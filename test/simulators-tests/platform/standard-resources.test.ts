import { expect, it } from 'vitest';
import {
  type FieldShape,
  isListShape,
  isObjectShape,
} from '../../../functions/shared/mapping/field-shape.ts';
import { standardFields } from '../../../functions/shared/mapping/standard-fields.ts';
import { type JsonObject, textProperty } from '../../simulators/platform/json.ts';
import { resolveSchema } from '../../simulators/platform/resolve-schema.ts';
import {
  eventClass,
  standardFieldGroups,
  standardResources,
} from '../../simulators/platform/schema/standard-resources.ts';
import type { WireSchema } from '../../simulators/platform/wire-schema.ts';
import { describeWhere } from '../../support/describe-where.ts';
import { readPublishedXdm, wirePath } from './published-xdm.ts';

const ours = standardResources();

/** Every place of a schema, in the notation of our tables, with all that is said of it. */
function placesOf(schema: WireSchema, path = '', places: Record<string, unknown> = {}) {
  const { $id, title, properties, items, additionalProperties, ...said } = schema;
  places[path] = {
    ...said,
    ...(said.required && { required: said.required.toSorted() }),
    ...(said.enum && { enum: said.enum.toSorted() }),
  };
  for (const [name, child] of Object.entries(properties ?? {})) placesOf(child, `${path}.${name}`, places);
  if (items) placesOf(items, `${path}[]`, places);
  if (additionalProperties) placesOf(additionalProperties, `${path}.*`, places);
  return places;
}

function resolved(documents: ReadonlyMap<string, JsonObject>, id: string): Record<string, unknown> {
  const document = documents.get(id);
  if (document === undefined) throw new Error(`there is no ${id}`);
  return placesOf(resolveSchema(document, (reference) => documents.get(reference)));
}

const need = { found: readPublishedXdm(), otherwise: 'Adobe’s published XDM is not at ../shared/xdm' };
describeWhere('our tables of XDM', need, (published) => {
  it.each([...ours.keys()])(
    'list every field of %s as Adobe publishes it, and say the same of each',
    (id) => {
      const expected = resolved(published, id);
      const listed = resolved(ours, id);
      expect(Object.keys(listed).toSorted()).toEqual(Object.keys(expected).toSorted());
      expect(listed).toEqual(expected);
      expect(ours.get(id)?.['meta:intendedToExtend']).toEqual(published.get(id)?.['meta:intendedToExtend']);
    },
  );
});

it('has every field that the mapping knows, with the same type', () => {
  const groups = [eventClass, ...standardFieldGroups].map((id) => resolved(ours, id));
  const types = Object.fromEntries(
    groups.flatMap((places) => Object.entries(places)).map(([path, said]) => [path, mappingType(said)]),
  );
  const known = Object.entries(leavesOf(standardFields));
  expect(known.length).toBeGreaterThan(200);
  expect(known.filter(([path, type]) => types[path] !== type)).toEqual([]);
});

function mappingType(said: unknown): unknown {
  const type = textProperty(said, 'type');
  const format = textProperty(said, 'format');
  if (type === 'integer') return textProperty(said, 'meta:xdmType') === 'long' ? 'integer' : 'int';
  return type === 'string' && (format === 'date' || format === 'date-time') ? format : type;
}

function leavesOf(shape: FieldShape, path = ''): Record<string, FieldShape> {
  if (isListShape(shape)) return leavesOf(shape[0], `${path}[]`);
  if (!isObjectShape(shape)) return { [path]: shape };
  const fields = Object.entries(shape).map(([name, child]) => leavesOf(child, `${path}.${name}`));
  return Object.assign({}, ...fields);
}

it.each([
  ['xdm:timestamp', ['timestamp']],
  ['@id', ['_id']],
  ['schema:latitude', ['_schema', 'latitude']],
  ['dc:language', ['_dc', 'language']],
  ['_tenant', ['_tenant']],
])('reads the published name %s as the path of a row', (name, path) => {
  expect(wirePath(name)).toEqual(path);
});
