import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { costDocs } from '../../bin/estimate/cost-docs.ts';
import { projectRoot } from '../../lib/config.ts';

it('docs/costs.md is what `npm run docs` would write', () => {
  expect(readFileSync(join(projectRoot, 'docs', 'costs.md'), 'utf8')).toBe(costDocs());
});
