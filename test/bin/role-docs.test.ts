import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { roleDocs } from '../../bin/security/role-docs.ts';
import { projectRoot } from '../../lib/config.ts';

it('docs/roles.md is what `npm run docs` would write', () => {
  expect(readFileSync(join(projectRoot, 'docs', 'roles.md'), 'utf8')).toBe(roleDocs());
}, 60_000);
