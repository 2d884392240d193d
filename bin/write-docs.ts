import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../lib/config.ts';
import { configDocs } from '../lib/config-docs.ts';
import { costDocs } from './estimate/cost-docs.ts';
import { eventTypeDocs } from './preview/event-type-docs.ts';
import { roleDocs } from './security/role-docs.ts';

// A test says when a page is behind the code.
const docs = join(projectRoot, 'docs');
const pages = {
  'configuration.md': configDocs(),
  'costs.md': costDocs(),
  'mapping.md': eventTypeDocs(readFileSync(join(docs, 'mapping.md'), 'utf8')),
  'roles.md': roleDocs(),
};
for (const [name, text] of Object.entries(pages)) writeFileSync(join(docs, name), text);
