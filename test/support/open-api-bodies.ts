import { Ajv } from 'ajv';
import * as z from 'zod';

const schemaSchema = z.looseObject({
  allOf: z.array(z.unknown()).optional(),
  items: z.unknown().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
});
type Resolve = (value: unknown) => unknown;

// Published schemas have examples and formats that JSON Schema does not know.
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });

/**
 * What a published schema says against a JSON body: a key that is missing or not known, a value of another type or none
 * of those listed, at any depth that the schema describes.
 */
export function jsonBodyProblems(resolve: Resolve, schema: unknown, body: string): string[] {
  const validate = ajv.compile(closed(resolve, schema));
  if (validate(JSON.parse(body))) return [];
  const problems = (validate.errors ?? []).map(({ instancePath, message, params }) => {
    // Many of one kind have the same problem.
    const at = instancePath.replaceAll(/\/\d+(?=\/|$)/g, '/*');
    const key: unknown = params.additionalProperty;
    return `${at || 'the body'} ${key === undefined ? message : `has the unknown key ${String(key)}`}`;
  });
  return [...new Set(problems)];
}

/** The schema with its references filled in, and every object that names its keys closed to all others. */
function closed(resolve: Resolve, value: unknown): Record<string, unknown> {
  const { allOf, ...schema } = schemaSchema.parse(resolve(value));
  if (allOf !== undefined) {
    // What several say together can't be closed one by one.
    if (allOf.length > 1) throw new Error('a body described by several schemas is not provided for');
    return closed(resolve, allOf[0]);
  }
  const properties = Object.entries(schema.properties ?? {});
  return {
    ...schema,
    ...(schema.items === undefined ? {} : { items: closed(resolve, schema.items) }),
    ...(properties.length === 0
      ? {}
      : {
          additionalProperties: false,
          properties: Object.fromEntries(properties.map(([name, one]) => [name, closed(resolve, one)])),
        }),
  };
}
