import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../lib/config.ts';
import { configJsonSchema } from '../lib/config-json-schema.ts';

// `npm run schema` formats the file afterwards; a test says when it is behind the code.
const file = join(projectRoot, 'connector.config.schema.json');
writeFileSync(file, `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
