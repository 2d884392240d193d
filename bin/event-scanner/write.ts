import { writeFileSync } from 'node:fs';
import { compileEventScanner, moduleFile } from './compile.ts';

writeFileSync(moduleFile, compileEventScanner());
