import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../lib/config.ts';
import { configDocs } from '../lib/config-docs.ts';

// A test says when the page is behind the code.
writeFileSync(join(projectRoot, 'docs', 'configuration.md'), configDocs());
