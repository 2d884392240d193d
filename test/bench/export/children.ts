import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import * as z from 'zod';
import { type Measurement, measurementSchema } from './protocol.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const readySchema = z.object({ ready: z.literal(true), url: z.string() });

/**
 * Bundles the measured programs as the functions are bundled: loading TypeScript would count as theirs.
 *
 * @param readable with the names that a profile shows.
 */
export function bundlePrograms(
  folder: string,
  { readable = false }: { readonly readable?: boolean } = {},
): (name: 'export' | 'floor' | 'serve') => string {
  buildSync({
    entryPoints: ['export', 'floor', 'serve'].map((name) => join(here, `${name}.ts`)),
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

/** Starts a server and waits until it listens. */
export async function startServer(args: readonly string[]): Promise<{ url: string; stop(): Promise<void> }> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const { url } = readySchema.parse(JSON.parse(await firstLine(child)));
  return {
    url,
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** Runs a measured program to its end. */
export async function runMeasured(args: readonly string[]): Promise<Measurement> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  return measurementSchema.parse(JSON.parse(await firstLine(child)));
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the program has no standard output');
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error(`a program ended without a word: ${child.spawnargs.join(' ')}`);
}
