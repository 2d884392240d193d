import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../lib/config.ts';
import { configDocs } from '../../lib/config-docs.ts';

describe('docs/configuration.md', () => {
  it('is what `npm run docs` would write', () => {
    expect(readFileSync(join(projectRoot, 'docs', 'configuration.md'), 'utf8')).toBe(configDocs());
  });

  it.each([
    ['a required key', '| `orgId` | string | **required** | not empty |'],
    ['a default', '| `timezone` | string | `"UTC"` |'],
    ['a range', '| `lookbackDays` | integer | `5` | 0 to 30 |'],
    ['a choice', '| `region` | string | `"us"` | `us`, `eu`, `in` |'],
    ['a list', '| `drop` | list of strings | `[]` | any number |'],
    ['a key of two types', '| `projectId` | integer or string | **required** | positive or `^[1-9]\\d*$` |'],
    ['an object inside an object', '## `sources[].platform.wire`'],
  ])('shows %s', (_, text) => {
    expect(configDocs()).toContain(text);
  });
});
