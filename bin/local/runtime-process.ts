import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import * as z from 'zod';
import { projectRoot } from '../../lib/config.ts';
import { endWithHost } from './end-with-host.ts';
import type { AwsTarget, FunctionDefinition } from './function-definition.ts';
import { lambdaVariables } from './lambda-variables.ts';
import { readLines } from './log-lines.ts';
import { canReadProcesses } from './memory-watch.ts';

export interface EnvironmentOptions {
  readonly definition: FunctionDefinition;
  readonly aws: AwsTarget;
  /** Under which the environment gets a /tmp of its own. */
  readonly temporaryDir: string;
  readonly onLine: (line: string) => void;
}

const runtimeFile = join(projectRoot, 'bin', 'local', 'runtime.mjs');
/** V8 lets its heap grow to half of the memory that it finds; buffers, code and stacks come on top. */
const heapShare = 0.5;

/** What `runtime.mjs` tells the host. */
const runtimeMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('memory'), bytes: z.number(), peakBytes: z.number() }),
  z.object({ type: z.literal('response'), requestId: z.string(), response: z.unknown() }),
  z.object({
    type: z.literal('error'),
    /** Null when the bundle could not be loaded. */
    requestId: z.string().nullable(),
    name: z.string(),
    message: z.string(),
    stack: z.string().optional(),
  }),
]);
export type RuntimeMessage = z.output<typeof runtimeMessage>;

/** Starts the process of an execution environment, with the environment variables that Lambda would give it. */
export function startRuntime(
  { definition, aws, onLine }: EnvironmentOptions,
  temporaryDir: string,
  onMessage: (message: RuntimeMessage) => void,
): ChildProcess {
  const child = fork(runtimeFile, canReadProcesses ? [] : ['report-memory'], {
    cwd: definition.codeDir,
    env: lambdaVariables(definition, aws, temporaryDir),
    // V8 sizes its heap by the memory that it finds. In Lambda that is the function's own, here a whole machine's:
    // without the bound, garbage would be collected so late that the memory limit meant nothing.
    execArgv: [`--max-old-space-size=${Math.floor(definition.memoryMb * heapShare)}`],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // A session of its own: Ctrl-C on the terminal must reach the host alone, which then lets invocations finish.
    detached: true,
  });
  endWithHost(child);
  for (const stream of [child.stdout, child.stderr]) if (stream !== null) readLines(stream, onLine);
  child.on('message', (received) => {
    const parsed = runtimeMessage.safeParse(received);
    if (parsed.success) onMessage(parsed.data);
  });
  return child;
}
