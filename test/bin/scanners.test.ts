import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { compileScanner, moduleFile, scannerNames } from '../../bin/scanners/compile.ts';

it.each(scannerNames)('the compiled scanner %s is what its source compiles to', (name) => {
  expect(readFileSync(moduleFile(name), 'utf8')).toBe(compileScanner(name));
});
