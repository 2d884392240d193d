import * as z from 'zod';
import { ConfigError } from '../../functions/shared/errors.ts';
import { type FieldShape, shapeOfSchema } from '../../functions/shared/mapping/index.ts';
import { parseJsonWith } from '../../functions/shared/parse.ts';
import { readOptionFile } from './read-text.ts';

/** An XDM schema as the Schema Registry gives it in full. */
export interface TargetSchema {
  readonly shape: FieldShape;
  readonly document: unknown;
}

const wanted = 'must be a JSON Schema with "properties"';

const documentSchema = z
  .looseObject(
    {
      properties: z.looseObject({}, wanted).optional(),
      allOf: z.array(z.looseObject({ $ref: z.unknown().optional() }, wanted), wanted).optional(),
    },
    wanted,
  )
  .refine(({ properties, allOf }) => properties !== undefined || allOf !== undefined, wanted)
  .refine(
    ({ allOf = [] }) => allOf.every(({ $ref }) => typeof $ref !== 'string' || $ref.startsWith('#')),
    'refers to other documents; allowed is the full form, as the Schema Registry gives it for application/vnd.adobe.xed-full+json; version=1',
  );

/** @throws {ConfigError} when the file holds no schema in its full form. */
export function readTargetSchema(file: string): TargetSchema {
  const text = readOptionFile('--schema', file).replace(/^\uFEFF/, '');
  const document = parseJsonWith(documentSchema, text, `reading the schema ${file}`, { hideValues: true });
  const shape = shapeOfSchema(document);
  if (shape === 'any') throw new ConfigError(`reading the schema ${file}`, ['(root): it names no field']);
  return { shape, document };
}
