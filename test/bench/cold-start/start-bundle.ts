import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { parseJsonWith } from '../../../functions/shared/parse.ts';
import { bundleHandler } from '../../../lib/bundle-functions.ts';

/** A start of a process. */
export interface Started {
  /** From asking for the process until it was ready; of `node -e 0`, until it had ended. */
  readonly ms: number;
  /** Of the whole process. */
  readonly cpuMs: number;
}

const runtime = fileURLToPath(new URL('../../../bin/local/runtime.mjs', import.meta.url));
const reporter = fileURLToPath(new URL('report-cpu.cjs', import.meta.url));
const cpuSchema = z.object({ user: z.number(), system: z.number() });
const readySchema = z.object({ type: z.literal('ready') });

/**
 * Starts the bundle in this folder as `connector local` does, and ends it as soon as it could take a message. Clients of
 * AWS and of the vendors are made with the first message.
 *
 * @throws when it does not become ready.
 */
export async function startBundle(folder: string): Promise<Started> {
  return reportingCpu(async (report) => {
    const start = process.hrtime.bigint();
    const child = fork(runtime, [], {
      env: { LAMBDA_TASK_ROOT: folder, _HANDLER: bundleHandler, CPU_REPORT: report },
      execArgv: ['--require', reporter],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const exited = once(child, 'exit');
    const [message] = await once(child, 'message');
    const ms = Number(process.hrtime.bigint() - start) / 1e6;
    readySchema.parse(message);
    child.disconnect();
    await exited;
    return ms;
  });
}

/** The least that a process of Node's can do. */
export async function startNode(): Promise<Started> {
  return reportingCpu(async (report) => {
    const start = process.hrtime.bigint();
    const child = spawn(process.execPath, ['--require', reporter, '-e', '0'], {
      env: { CPU_REPORT: report },
      stdio: 'inherit',
    });
    await once(child, 'exit');
    return Number(process.hrtime.bigint() - start) / 1e6;
  });
}

async function reportingCpu(run: (report: string) => Promise<number>): Promise<Started> {
  const folder = await mkdtemp(join(tmpdir(), 'connector-start-'));
  const report = join(folder, 'cpu.json');
  try {
    const ms = await run(report);
    const { user, system } = parseJsonWith(cpuSchema, readFileSync(report, 'utf8'), 'reading the CPU time');
    return { ms, cpuMs: (user + system) / 1000 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
