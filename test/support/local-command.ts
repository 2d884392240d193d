import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import * as z from 'zod';
import { isRunning } from '../../bin/local/process-identity.ts';
import { toIso } from '../../functions/shared/event-time.ts';
import { connectorId } from '../../functions/shared/record-identity.ts';
import { projectRoot } from '../../lib/config.ts';
import type { MixpanelOptions } from '../simulators/mixpanel/options.ts';
import { startMixpanel } from '../simulators/mixpanel/server.ts';

const resultSchema = z.strictObject({
  windows: z.array(
    z.strictObject({
      date: z.iso.date(),
      state: z.string(),
      received: z.int(),
      duplicates: z.int(),
      filtered: z.int(),
      rejected: z.int(),
      accepted: z.int(),
      batchId: z.string().nullable(),
      completedAt: z.iso.datetime().nullable(),
    }),
  ),
  archive: z.string(),
  dataset: z.string(),
});
export type LocalResult = z.output<typeof resultSchema>;

/** A call of `connector local --json` that runs. */
export interface LocalCommand {
  readonly child: ChildProcess;
  /** What it has told people so far. */
  said(): string;
  /** Waits until it has told something. @throws when it ends without having done so. */
  until(pattern: RegExp): Promise<void>;
  readonly ended: Promise<{ readonly status: number | null; readonly said: string; readonly stdout: string }>;
}

export function startLocal(args: readonly string[]): LocalCommand {
  const child = spawn(process.execPath, [join(projectRoot, 'bin/connector.js'), 'local', '--json', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '' },
  });
  let said = '';
  let stdout = '';
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  child.stderr.on('data', (bytes: Buffer) => {
    said += bytes.toString();
    tell();
  });
  child.stdout.on('data', (bytes: Buffer) => {
    stdout += bytes.toString();
  });
  const ended = new Promise<{ status: number | null; said: string; stdout: string }>((resolve) => {
    child.once('close', (status) => {
      tell();
      resolve({ status, said, stdout });
    });
  });
  return {
    child,
    said: () => said,
    ended,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (pattern.test(said)) resolve();
          else if (child.exitCode !== null || child.signalCode !== null) {
            reject(new Error(`it ended without saying ${pattern}; it said: ${said}`));
          } else return;
          listeners.delete(look);
        };
        listeners.add(look);
        look();
      }),
  };
}

/**
 * Runs the command to its end.
 *
 * @param meanwhile what is done while it runs.
 * @throws when its last line is not the result that the contract describes.
 */
export async function runLocalCommand(
  args: readonly string[],
  meanwhile: (command: LocalCommand) => Promise<void> = async () => {},
) {
  const command = startLocal(args);
  await meanwhile(command);
  const { status, said, stdout } = await command.ended;
  const lines = stdout.trimEnd().split('\n');
  if (lines.length !== 1 || lines[0] === '')
    throw new Error(`standard output is not one line: ${stdout}\n${said}`);
  return { status, said, result: resultSchema.parse(JSON.parse(lines[0] ?? '')) };
}

/** Whether a server that the host of a data directory had noted still runs. */
export function runningServers(lockText: string): number {
  const identity = z.object({ pid: z.number(), startedAt: z.string() });
  const lock = z.object({ servers: z.array(identity) }).parse(JSON.parse(lockText));
  return lock.servers.filter(isRunning).length;
}

/** `_id` and `timestamp` of each row of a dataset, sorted: what was delivered. */
export function deliveredRows(file: string): string[] {
  const row = z.looseObject({ _id: z.string(), timestamp: z.string() });
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => row.parse(JSON.parse(line)))
    .map(({ _id, timestamp }) => `${_id} ${timestamp}`)
    .sort();
}

/**
 * The same of each event that the simulated project has on these days: what should have been delivered.
 *
 * @param isWanted whether an event, by its line, should have been. @default each
 */
export async function expectedRows(
  days: readonly string[],
  options: MixpanelOptions,
  isWanted: (line: string) => boolean = () => true,
): Promise<string[]> {
  const projectId = options.projects?.[0]?.projectId ?? 2195193;
  const simulator = await startMixpanel({ secret: 'unused', ...options });
  try {
    return days
      .flatMap((day) => [...simulator.expectedEvents(projectId, day)])
      .filter(({ line }) => isWanted(line))
      .map(({ line, trueUtcMs }) => `${connectorId(JSON.parse(line), Buffer.from(line))} ${toIso(trueUtcMs)}`)
      .sort();
  } finally {
    await simulator.close();
  }
}

/** Imports, the last to arrive, are there by then. */
const allArrivedMs = 2 * 3600_000;

/**
 * Expects rows to be all events of the days that Mixpanel had when the work began, each once, and nothing that it has not got by now. An
 * import follows its events by up to an hour, so that for an hour after midnight in UTC the newest day still grows.
 */
export async function expectDelivered(
  rows: readonly string[],
  days: readonly string[],
  options: MixpanelOptions & { readonly eventsPerDay: number },
  beganMs: number,
): Promise<void> {
  const at = async (ms: number) => expectedRows(days, { ...options, clock: () => ms });
  expect(await at(Date.now() + allArrivedMs)).toHaveLength(days.length * options.eventsPerDay);
  const atFirst = new Set(await at(beganMs));
  const delivered = new Set(rows);
  const byNow = await at(Date.now());
  expect(rows).toEqual(byNow.filter((row) => atFirst.has(row) || delivered.has(row)));
}
