import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../lib/config.ts';

const folder = join(projectRoot, 'functions', 'export-window', 'event-scanner');
const compiler = createRequire(import.meta.url).resolve('assemblyscript/bin/asc.js');

/** Where the compiled scanner is kept. */
export const moduleFile = join(folder, 'scan-event.wasm.ts');

/**
 * Compiles the export's scanner of lines. The same source gives the same text.
 *
 * @returns the text of {@link moduleFile}.
 * @throws with the compiler's own explanation.
 */
export function compileEventScanner(): string {
  const temporary = mkdtempSync(join(tmpdir(), 'connector-scanner-'));
  const compiled = join(temporary, 'scan-event.wasm');
  try {
    execFileSync(process.execPath, [compiler, 'scan-event.ts', '--outFile', compiled, ...settings], {
      cwd: join(folder, 'assembly'),
    });
    return moduleText(readFileSync(compiled).toString('base64'));
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

/** Nothing is ever allocated, so that the memory need not grow: two pages of 64 KB hold a line and the tables. */
const settings = [
  ...['--optimizeLevel', '3', '--noAssert', '--enable', 'simd'],
  ...['--runtime', 'stub', '--initialMemory', '2', '--maximumMemory', '2'],
];

function moduleText(base64: string): string {
  return [
    '// Compiled from assembly/scan-event.ts by `npm run scanner`; a test compiles it again and compares.',
    '// biome-ignore format: one text.',
    `export const scanEventModule = '${base64}';`,
    '',
  ].join('\n');
}
