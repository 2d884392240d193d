import { chooseCredentials } from './credentials.ts';
import { createDataDir } from './data-dir.ts';
import { lockData } from './data-lock.ts';
import { type Interruption, listenForInterruption } from './interruption.ts';
import { localConfig } from './local-config.ts';
import { chooseWork, type LocalOptions, type LocalWork, readKept, writeKept } from './local-options.ts';
import { type LocalConnector, openLocal } from './open-local.ts';
import { planDueWindows } from './plan-due-windows.ts';
import { createProgressView, type ProgressOutput, type ProgressView } from './progress-view.ts';
import { reportRun } from './report-run.ts';
import type { ServerProcess } from './server-process.ts';
import { watchWindows } from './watch-windows.ts';
import { createWindowBoard, type WindowBoard } from './window-board.ts';

export interface LocalOutput {
  /** Progress and the closing table. */
  readonly progress: ProgressOutput;
  /** The one line for programs. */
  readonly result: (text: string) => void;
}

/** One call of `connector local`, from its begin to its end. */
export interface LocalRun {
  readonly options: LocalOptions;
  readonly work: LocalWork;
  readonly dataDir: string;
  readonly connector: LocalConnector;
  readonly board: WindowBoard;
  readonly view: ProgressView;
  readonly output: LocalOutput;
  readonly interruption: Interruption;
}

/** How long running invocations may take to end after Ctrl-C: enough for a request, not for a window. */
const graceMs = 5000;

/**
 * Runs the whole connector on this machine until every window that is due has come to its end.
 *
 * @param dataDir kept afterwards; a second call with it goes on where the first one ended.
 * @returns the exit code.
 * @throws {ConfigError} when options, configuration or credentials are wrong, or another host works on `dataDir`.
 */
export async function runLocal(options: LocalOptions, dataDir: string, output: LocalOutput): Promise<number> {
  const work = chooseWork(options, readKept(dataDir));
  // All that can be wrong is looked at before there is anything to clean up.
  const config = localConfig(options, work);
  const credentials = chooseCredentials(options, process.env);
  createDataDir(dataDir);
  const lock = await lockData(dataDir);
  const view = createProgressView(output.progress);
  const interruption = listenForInterruption(() =>
    view.note('Stopping: what runs may end first. Ctrl-C once more ends it at once.'),
  );
  try {
    const board = createWindowBoard();
    view.note(`Starting the embedded AWS and what else is needed; everything is kept in ${dataDir}`);
    const connector = await openLocal({
      options,
      work,
      config,
      credentials,
      dataDir,
      onFunctionLine: (_, line) => board.takeLogLine(line, Date.now()),
      onServers: ({ all, aws }) => lock.noteServers(all, aws.url),
    });
    try {
      const run = { options, work, dataDir, connector, board, view, output, interruption };
      return await Promise.race([workOff(run), ...connector.servers.all.map(failWhenEnded)]);
    } finally {
      await connector.host.stop(graceMs);
      await connector.servers.stop();
    }
  } finally {
    interruption.stopListening();
    lock.release();
  }
}

/** Plans the windows that are due, runs the queues and tells what came of it. */
async function workOff(run: LocalRun): Promise<number> {
  const { options, work, dataDir, connector, board, view, interruption } = run;
  if (interruption.signal.aborted) return reportRun(run, 'interrupted');
  const unfinished = readKept(dataDir)?.unfinished ?? {};
  // Before anything is planned: a host that is killed from here on must find the same simulated world again.
  writeKept(dataDir, { work, unfinished });
  const plan = await planDueWindows(connector, unfinished, (windows) =>
    writeKept(dataDir, { work, unfinished: windows }),
  );
  for (const [source, { windows }] of plan) board.expect(source, windows);
  if (!interruption.signal.aborted) await connector.host.start();
  const end = await watchWindows({
    connector,
    board,
    view,
    plan,
    deadlineMs: Date.now() + options.timeout * 60_000,
    interrupted: interruption.signal,
  });
  if (end === 'finished') writeKept(dataDir, { work, unfinished: null });
  return reportRun(run, end);
}

async function failWhenEnded(server: ServerProcess): Promise<never> {
  throw new Error(`the ${server.name} server ended by itself: ${await server.endedByItself}`);
}
