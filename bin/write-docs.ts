import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../lib/config.ts';
import { configDocs } from '../lib/config-docs.ts';
import { costDocs } from './estimate/cost-docs.ts';
import { roleDocs } from './security/role-docs.ts';

// A test says when a page is behind the code.
const pages = { 'configuration.md': configDocs(), 'costs.md': costDocs(), 'roles.md': roleDocs() };
for (const [name, text] of Object.entries(pages)) writeFileSync(join(projectRoot, 'docs', name), text);
