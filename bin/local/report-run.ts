import { join } from 'node:path';
import { endedWell, type WindowSummary } from '../../functions/shared/window-summary.ts';
import { exitCodes } from '../failure.ts';
import { createPaint } from '../operator/paint.ts';
import { printable } from '../operator/printable.ts';
import { runStatus } from '../status/run-status.ts';
import { closingTable } from './closing-table.ts';
import { queueDepth } from './queue-depths.ts';
import type { LocalRun } from './run-local.ts';
import type { WatchEnd } from './watch-windows.ts';
import type { WindowProgress } from './window-board.ts';
import { writeDataset } from './write-dataset.ts';

const mebibyte = 1024 * 1024;

/** Tells what came of every window, and where it lies. @returns the exit code. */
export async function reportRun(run: LocalRun, end: WatchEnd): Promise<number> {
  const { options, dataDir, connector, board, view, output, interruption } = run;
  const windows = board.windows();
  view.end();
  if (end === 'interrupted') {
    view.note(`Stopped. To go on where this ended: connector local --data ${dataDir}`);
    return interruption.exitCode();
  }
  const dataset = options.platform
    ? null
    : await writeDataset(
        connector.sources.map((source) => source.settings),
        dataDir,
        (source) => acceptedRows(windows, source),
      );
  const unfinished = windows.filter((window) => !isWell(window));
  const { write, isTerminal } = output.progress;
  const shown = (text: string) => write(isTerminal ? printable(text) : text);
  shown(
    [
      '',
      closingTable(windows),
      '',
      ...(await remarks(run, end, unfinished)),
      `Archive:  ${connector.archiveDir}`,
      ...(dataset === null ? [] : [`Dataset:  ${dataset}`]),
      `Report:   ${await writePage(dataDir)}`,
      `Logs:     ${connector.logDir}`,
      '',
    ].join('\n'),
  );
  if (options.json) {
    const hasSources = connector.sources.length > 1;
    const result = {
      windows: windows.map((window) => ({
        ...(hasSources ? { source: window.source } : {}),
        ...resultOf(window),
      })),
      archive: connector.archiveDir,
      dataset,
    };
    output.result(`${JSON.stringify(result)}\n`);
  }
  return end === 'finished' && unfinished.length === 0 ? exitCodes.done : exitCodes.workFailed;
}

/** The page that `connector status --html` writes, about what has just been done. @returns where it lies. */
async function writePage(dataDir: string): Promise<string> {
  const file = join(dataDir, 'report.html');
  // Silent: the table that was printed says the same.
  const output = {
    write: () => {},
    note: () => {},
    isTerminal: false,
    screen: undefined,
    paint: createPaint(false, {}),
  };
  await runStatus({ data: dataDir, html: file }, output, new AbortController().signal);
  return file;
}

function acceptedRows(windows: readonly WindowProgress[], source: string): number {
  const own = windows.filter((window) => window.source === source);
  return own.reduce((sum, { summary }) => sum + (summary?.accepted ?? 0), 0);
}

function isWell({ state }: WindowProgress): boolean {
  return state !== 'planned' && endedWell(state);
}

/** A window whose export has not even begun has no ledger to tell of it. */
function resultOf({ date, summary, state }: WindowProgress): WindowSummary {
  if (summary !== undefined) return { ...summary, state: state === 'planned' ? 'exporting' : state };
  return {
    date,
    state: 'exporting',
    received: 0,
    duplicates: 0,
    filtered: 0,
    rejected: 0,
    accepted: 0,
    batchId: null,
    completedAt: null,
  };
}

async function remarks(
  { options, connector }: LocalRun,
  end: WatchEnd,
  unfinished: readonly WindowProgress[],
): Promise<string[]> {
  const depths = await Promise.all(connector.deadLetterQueues.map((url) => queueDepth(connector.sqs, url)));
  const deadLetters = depths.reduce((sum, depth) => sum + depth, 0);
  const names = unfinished.map(({ date, state, note }) => `  ${date}: ${note ?? state}`);
  const why = {
    finished: 'Did not end well',
    idle: 'Not finished, and no message is left that would go on with them',
    'timed out': `Not finished after ${options.timeout} minutes`,
    interrupted: '',
  }[end];
  const memory = connector.host
    .peakMemory()
    .filter(({ bytes }) => bytes > 0)
    .map(({ name, bytes, limitMb }) => `${name} ${Math.ceil(bytes / mebibyte)} of ${limitMb} MB`);
  return [
    ...(names.length > 0 ? [[`${why}:`, ...names].join('\n')] : []),
    ...(deadLetters > 0 ? [`Messages in dead-letter queues: ${deadLetters}`] : []),
    `Memory:   ${memory.join('\n          ')}`,
  ];
}
