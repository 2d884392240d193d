import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import * as z from 'zod';
import { type Measurement, measurementSchema } from '../export/protocol.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const names = ['compiled', 'by-hand', 'compile-time', 'loaded', 'accept'] as const;
export type Program = (typeof names)[number];

/**
 * Bundles the measured programs as the functions are bundled: loading TypeScript would count as theirs.
 *
 * @param readable with the names that a profile shows.
 */
export function bundlePrograms(
  folder: string,
  { readable = false }: { readonly readable?: boolean } = {},
): (name: Program) => string {
  buildSync({
    entryPoints: names.map((name) => join(here, `${name}.ts`)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: !readable,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  return (name) => join(folder, `${name}.mjs`);
}

/** Whether a program can be kept on one processor, so that whatever threads it has take turns. */
export const canPin = spawnSync('taskset', ['--version']).status === 0;

/** A command that stays on one processor where that can be said. */
export function onOneProcessor(command: readonly string[]): readonly string[] {
  return canPin ? ['taskset', '-c', String(cpus().length - 1), ...command] : command;
}

/** Runs a command to its end. */
export async function run(command: readonly string[]): Promise<{ seconds: number; output: string }> {
  const [file = '', ...args] = command;
  const start = process.hrtime.bigint();
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [status] = z
    .tuple([z.int().nullable()])
    .rest(z.unknown())
    .parse(await once(child, 'close'));
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}`);
  return { seconds: Number(process.hrtime.bigint() - start) / 1e9, output };
}

/** Runs a program that measures itself. */
export async function runMeasured(command: readonly string[]): Promise<Measurement> {
  return measurementSchema.parse(JSON.parse((await run(command)).output));
}
