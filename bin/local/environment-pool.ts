import { type ExecutionEnvironment, startEnvironment } from './execution-environment.ts';
import { hostLine } from './host-lines.ts';
import type { EnvironmentOptions } from './runtime-process.ts';

/** All execution environments of one function. */
export interface EnvironmentPool {
  /** Runs in an environment that is free, or in a new one. @throws {InvocationError} */
  invoke(event: unknown): Promise<unknown>;
  running(): number;
  /** The most memory that any one environment has used. */
  peakMemoryBytes(): number;
  /** Ends all environments, also those that are running an invocation. */
  kill(): Promise<void>;
}

/** Environments are kept warm for later invocations; who calls `invoke` bounds how many there are. */
export function createEnvironmentPool(options: EnvironmentOptions): EnvironmentPool {
  const all = new Set<ExecutionEnvironment>();
  const idle: ExecutionEnvironment[] = [];
  let running = 0;
  let peakOfEnded = 0;

  const drop = (environment: ExecutionEnvironment) => {
    peakOfEnded = Math.max(peakOfEnded, environment.peakMemoryBytes());
    all.delete(environment);
  };
  const take = (): ExecutionEnvironment => {
    // The one used last first: the others stay free to be ended, and few processes serve a slow queue.
    for (let last = idle.pop(); last !== undefined; last = idle.pop()) {
      if (last.usable()) return last;
      drop(last);
    }
    const environment = startEnvironment(options);
    all.add(environment);
    options.onLine(hostLine('INFO', 'Host:Environment:Started', { pid: environment.pid }));
    return environment;
  };
  return {
    async invoke(event) {
      const environment = take();
      running += 1;
      try {
        return await environment.invoke(event);
      } finally {
        running -= 1;
        if (environment.usable()) idle.push(environment);
        else drop(environment);
      }
    },
    running: () => running,
    peakMemoryBytes: () =>
      Math.max(peakOfEnded, ...[...all].map((environment) => environment.peakMemoryBytes())),
    async kill() {
      await Promise.all([...all].map((environment) => environment.kill()));
    },
  };
}
