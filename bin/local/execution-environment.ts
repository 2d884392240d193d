import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { guardMemory } from './memory-watch.ts';
import { type EnvironmentOptions, type RuntimeMessage, startRuntime } from './runtime-process.ts';

/** Why an invocation gave no response; the words are Lambda's own kinds of failure. One that is `throttled` never began. */
export type InvocationFailure = 'threw' | 'crashed' | 'timed out' | 'out of memory' | 'throttled' | 'stopped';

/** An invocation that gave no response: its messages stay in the queue until their visibility ends. */
export class InvocationError extends Error {
  override readonly name = 'InvocationError';
  readonly failure: InvocationFailure;

  constructor(failure: InvocationFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}

/** One process of one function: used for one invocation at a time, and again for later ones, as Lambda's are. */
export interface ExecutionEnvironment {
  readonly pid: number | undefined;
  /** False once the process has ended or is about to be ended: no further invocation may be given to it. */
  usable(): boolean;
  /** @throws {InvocationError} */
  invoke(event: unknown): Promise<unknown>;
  peakMemoryBytes(): number;
  /** Ends the process; an invocation under way fails with `stopped`. */
  kill(): Promise<void>;
}

/** Lambda gives a function's start-up 10 s; a loaded laptop gets three times that. */
const startUpTimeoutMs = 30_000;

/** Starts a process for a function; its bundle is loaded before the first invocation. */
export function startEnvironment(options: EnvironmentOptions): ExecutionEnvironment {
  const { definition, onLine } = options;
  mkdirSync(options.temporaryDir, { recursive: true });
  const temporaryDir = mkdtempSync(join(options.temporaryDir, `${definition.name}-`));
  const started = outcome<void>();
  const closed = outcome<void>();
  let invocation: Outcome<unknown> | undefined;
  let ending: InvocationError | undefined;

  const onMessage = (message: RuntimeMessage) => {
    if (message.type === 'memory') return memory.note(message);
    memory.look();
    if (message.type === 'ready') return started.resolve();
    if (message.type === 'response') return invocation?.resolve(message.response);
    onLine(message.stack ?? message.message);
    if (message.requestId === null) end('crashed', `could not start: ${message.message}`);
    else invocation?.reject(new InvocationError('threw', `${message.name}: ${message.message}`));
  };
  const child = startRuntime(options, temporaryDir, onMessage);
  const end = (failure: InvocationFailure, message: string) => {
    ending ??= new InvocationError(failure, message);
    child.kill('SIGKILL');
  };
  const memory = guardMemory(child.pid, definition.memoryMb, (usedMb) =>
    end('out of memory', `used ${usedMb} MB of the ${definition.memoryMb} MB that the template gives it`),
  );
  child.on('error', (cause) => end('crashed', `the process can't be started or reached: ${cause.message}`));
  // 'close' and not 'exit': by then everything that the process printed has been read.
  child.on('close', (code, signal) => {
    ending ??= new InvocationError('crashed', `ended with ${signal ?? `exit code ${code}`}`);
    memory.stop();
    rmSync(temporaryDir, { recursive: true, force: true });
    started.reject(ending);
    invocation?.reject(ending);
    closed.resolve();
  });

  return {
    pid: child.pid,
    usable: () => ending === undefined,
    peakMemoryBytes: memory.peakBytes,
    async invoke(event) {
      if (ending !== undefined) throw ending;
      const { timeoutMs } = definition;
      await within(startUpTimeoutMs, started.promise, () => end('timed out', 'did not start in time'));
      invocation = outcome<unknown>();
      child.send({ requestId: randomUUID(), deadlineMs: Date.now() + timeoutMs, event }, (cause) => {
        if (cause !== null) end('crashed', `the process can't be reached: ${cause.message}`);
      });
      return within(timeoutMs, invocation.promise, () =>
        end('timed out', `did not answer within ${timeoutMs / 1000} s`),
      );
    },
    async kill() {
      end('stopped', 'ended by the host');
      await closed.promise;
    },
  };
}

interface Outcome<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: InvocationError) => void;
}

function outcome<Value>(): Outcome<Value> {
  let resolve: (value: Value) => void = () => {};
  let reject: (error: InvocationError) => void = () => {};
  const promise = new Promise<Value>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  // It may fail before anyone waits for it; whoever waits later is told all the same.
  promise.catch(() => {});
  return { promise, resolve, reject };
}

async function within<Value>(ms: number, promise: Promise<Value>, onTimeout: () => void): Promise<Value> {
  const timer = setTimeout(onTimeout, ms);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}
