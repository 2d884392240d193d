import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { projectRoot } from '../../lib/config.ts';
import { configJsonSchema } from '../../lib/config-json-schema.ts';

const read = (name: string): unknown => JSON.parse(readFileSync(join(projectRoot, name), 'utf8'));

describe("the configuration's JSON Schema", () => {
  it('is what `npm run schema` would write', () => {
    expect(read('connector.config.schema.json')).toEqual(configJsonSchema());
  });

  it('accepts the example and refuses a key that does not exist', () => {
    const ajv = formats.default(new Ajv());
    const validate = ajv.compile(configJsonSchema());
    const example = z.looseObject({}).parse(read('connector.config.example.json'));
    expect(validate(example)).toBe(true);
    expect(validate({ ...example, stackname: 'Typo' })).toBe(false);
  });

  it('describes every key', () => {
    expect(undescribed(configJsonSchema(), '')).toEqual([]);
  });
});

function undescribed(node: unknown, path: string): string[] {
  const { properties, items } = z
    .looseObject({
      properties: z.record(z.string(), z.looseObject({ description: z.string().optional() })).default({}),
      items: z.unknown().optional(),
    })
    .parse(node);
  const missing = Object.entries(properties).flatMap(([key, child]) => [
    ...(child.description === undefined ? [`${path}.${key}`] : []),
    ...undescribed(child, `${path}.${key}`),
  ]);
  return items === undefined ? missing : [...missing, ...undescribed(items, `${path}[]`)];
}
