import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../lib/config.ts';

const folder = join(projectRoot, 'functions', 'shared', 'json-scanner');
const compiler = createRequire(import.meta.url).resolve('assemblyscript/bin/asc.js');

/** The scanners, with the 64 KB pages of memory that each needs: nothing is ever allocated. */
const scanners = { 'scan-event': 2, 'divide-line': 48 } as const;
export type ScannerName = keyof typeof scanners;
export const scannerNames: readonly ScannerName[] = ['scan-event', 'divide-line'];

/** Where a compiled scanner is kept. */
export function moduleFile(name: ScannerName): string {
  return join(folder, `${name}.wasm.ts`);
}

/**
 * Compiles a scanner. The same source gives the same text.
 *
 * @returns the text of its {@link moduleFile}.
 * @throws with the compiler's own explanation.
 */
export function compileScanner(name: ScannerName): string {
  const temporary = mkdtempSync(join(tmpdir(), 'connector-scanner-'));
  const compiled = join(temporary, `${name}.wasm`);
  const pages = String(scanners[name]);
  const memory = ['--runtime', 'stub', '--initialMemory', pages, '--maximumMemory', pages];
  try {
    execFileSync(process.execPath, [compiler, `${name}.ts`, '--outFile', compiled, ...settings, ...memory], {
      cwd: join(folder, 'assembly'),
    });
    return moduleText(name, readFileSync(compiled).toString('base64'));
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

const settings = ['--optimizeLevel', '3', '--noAssert', '--enable', 'simd'];

function moduleText(name: ScannerName, base64: string): string {
  const exported = name.replace(/-(.)/, (_, letter: string) => letter.toUpperCase());
  return [
    `// Compiled from assembly/${name}.ts by \`npm run scanners\`; a test compiles it again and compares.`,
    '// biome-ignore format: one text.',
    `export const ${exported}Module = '${base64}';`,
    '',
  ].join('\n');
}
