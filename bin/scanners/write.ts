import { writeFileSync } from 'node:fs';
import { compileScanner, moduleFile, scannerNames } from './compile.ts';

for (const name of scannerNames) writeFileSync(moduleFile(name), compileScanner(name));
