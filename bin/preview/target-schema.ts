import * as z from 'zod';
import { ConfigError } from '../../functions/shared/errors.ts';
import { readTargetSchema, type TargetField } from '../../functions/shared/mapping/index.ts';
import { parseJsonWith } from '../../functions/shared/parse.ts';
import { readOptionFile } from './read-text.ts';

/** @throws {ConfigError} when the file holds no schema, or one that refers to other documents: each is named. */
export function readSchemaFile(file: string): TargetField {
  const text = readOptionFile('--schema', file).replace(/^\uFEFF/, '');
  const what = `reading the schema ${file}`;
  const { root, unresolved } = readTargetSchema(parseJsonWith(z.unknown(), text, what), what);
  if (unresolved.length > 0) throw new ConfigError(what, unresolved);
  return root;
}
