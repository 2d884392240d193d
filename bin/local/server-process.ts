import { type ChildProcess, fork } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { ConfigError } from '../../functions/shared/errors.ts';
import { projectRoot } from '../../lib/config.ts';
import { endWithHost } from './end-with-host.ts';
import { readLines } from './log-lines.ts';

export interface ServerOptions {
  /** As messages and log files call it. @example aws */
  readonly name: string;
  /** The program, from the project's folder. */
  readonly main: string;
  readonly args: readonly string[];
  /** @default any free port */
  readonly port: number | undefined;
  /** Secrets come this way: a command line can be read by every user of the machine. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly logDir: string;
}

/** One of the servers that a local run starts beside the functions. */
export interface ServerProcess {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  /** Resolves, with how it ended, when the server ends without having been asked to. */
  readonly endedByItself: Promise<string>;
  stop(): Promise<void>;
}

/** Starting takes a second; a laptop that is busy with something else gets a minute. */
const readyTimeoutMs = 60_000;
/** A server that was asked to end finishes the request it is at; after this it is ended. */
const stopTimeoutMs = 5000;
/** How much of what a server says last is kept, to explain why it ended. */
const maxComplaintLines = 5;

/** How the servers, and Node itself, say that they can't have their port. */
const portTaken = /EADDRINUSE|port \d+ is (in use|taken)/i;

const readyLine = z.object({ ready: z.literal(true), url: z.url() });

/**
 * Starts a server as a process of its own and waits until it listens.
 *
 * @throws {ConfigError} when the port that was asked for is in use.
 */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const { name } = options;
  const child = forkServer(options);
  endWithHost(child);
  const output = followOutput(child, join(options.logDir, `${name}.log`));
  let stopping = false;
  const closed = new Promise<string>((resolve) => {
    child.once('close', (code, signal) =>
      resolve([signal ?? `exit code ${code}`, ...output.complaints].join('\n')),
    );
  });
  const stop = async () => {
    stopping = true;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
    await closed;
    clearTimeout(timer);
  };

  const late = setTimeout(() => child.kill('SIGKILL'), readyTimeoutMs);
  const failed = closed.then((how) => explainFailure(options, how));
  const url = await Promise.race([output.ready, failed]).finally(() => clearTimeout(late));
  // A promise that never settles while the server is stopped on purpose.
  const endedByItself = closed.then((how) => (stopping ? new Promise<string>(() => {}) : how));
  return { name, url, pid: child.pid ?? 0, endedByItself, stop };
}

function forkServer({ main, args, port, variables }: ServerOptions): ChildProcess {
  const { PATH = '', TMPDIR } = process.env;
  return fork(join(projectRoot, main), [...args, ...(port === undefined ? [] : ['--port', String(port)])], {
    cwd: projectRoot,
    env: {
      PATH,
      ...(TMPDIR === undefined ? {} : { TMPDIR }),
      TSX_TSCONFIG_PATH: join(projectRoot, 'tsconfig.json'),
      ...variables,
    },
    execArgv: ['--import', import.meta.resolve('tsx')],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // A session of its own: Ctrl-C must not end the servers before the functions that use them.
    detached: true,
  });
}

/** Keeps a server's output in its log, its last complaints in memory, and waits for the line that says it listens. */
function followOutput(child: ChildProcess, logFile: string) {
  const complaints: string[] = [];
  const follow = (stream: ChildProcess['stdout'], onLine: (line: string) => void) => {
    if (stream === null) return;
    readLines(stream, (line) => {
      appendFileSync(logFile, `${line}\n`);
      onLine(line);
    });
  };
  const ready = new Promise<string>((resolve) => {
    follow(child.stdout, (line) => {
      const parsed = readyLine.safeParse(parseJson(line));
      if (parsed.success) resolve(parsed.data.url);
    });
  });
  follow(child.stderr, (line) => {
    complaints.push(line);
    if (complaints.length > maxComplaintLines) complaints.shift();
    // A server without a port has nothing to do, but its channel to the host may keep it from ending.
    if (portTaken.test(line)) child.kill('SIGTERM');
  });
  return { ready, complaints };
}

function explainFailure({ name, port, logDir }: ServerOptions, how: string): never {
  if (port !== undefined && portTaken.test(how)) {
    throw new ConfigError(`starting the ${name} server`, [
      `port ${port} is in use; end what listens there, or leave the option out: then any free port is taken`,
    ]);
  }
  throw new Error(
    `starting the ${name} server: it ended with ${how}\nAll it said is in ${join(logDir, `${name}.log`)}`,
  );
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
