import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { evaluate } from './builders.ts';

const cases = z
  .array(
    z.object({
      function: z.string(),
      expression: z.string(),
      input: z.unknown(),
      result: z.unknown(),
      fails: z.boolean().optional(),
    }),
  )
  .parse(
    JSON.parse(
      readFileSync(new URL('../../../fixtures/data-prep/documented-cases.json', import.meta.url), 'utf8'),
    ),
  );

describe('the documented examples', () => {
  it.each(cases)('$expression', ({ expression, input, result, fails }) => {
    const found = evaluate(expression, input);
    if (fails) expect(found.error).toBeDefined();
    else expect(found).toEqual(result === null ? {} : { value: result });
  });
});
