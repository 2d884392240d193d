import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from '../../functions/shared/errors.ts';
import type { ConnectorConfig } from '../../lib/config.ts';
import { type DataLock, sharedAwsUrl, tryToLockData } from '../local/data-lock.ts';
import { localConfigFile, localOutputsFile } from '../local/local-files.ts';
import { startServer } from '../local/server-process.ts';
import { startLocalWorld } from './local-vendors.ts';

export { localConfigFile, localOutputsFile } from '../local/local-files.ts';

/** The embedded AWS of a local connector. */
export interface OpenLocalAws {
  readonly endpoint: string;
  readonly config: ConnectorConfig;
  /** Whether it is that of a connector which runs, and ends with it. */
  readonly isShared: boolean;
  /** Ends it, if it was started for this. */
  close(): Promise<void>;
}

/**
 * The embedded AWS on a local connector's data: that of the connector which runs on it now, or else one of its own.
 * Commands that need one of their own take turns: an AWS that two shared would end with the first of them.
 *
 * @param vendors whether the simulators are wanted too.
 * @throws {ConfigError} when `connector local` has not set one up there.
 */
export async function openLocalAws(
  dir: string,
  config: ConnectorConfig,
  vendors: boolean,
): Promise<OpenLocalAws> {
  requireLocalData(dir);
  const turn = await waitForTurn(dir);
  if (typeof turn === 'string') return { endpoint: turn, config, isShared: true, close: async () => {} };
  const lock = turn;
  try {
    mkdirSync(join(dir, 'logs'), { recursive: true });
    const world = vendors ? await startLocalWorld(dir, config) : await startAwsAlone(dir, config);
    const { servers } = world;
    lock.noteServers(servers.all);
    return {
      endpoint: servers.aws.url,
      config: world.config,
      isShared: false,
      async close() {
        await servers.stop();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Often enough that nobody notices; a look reads one small file. */
const lookEveryMs = 100;

/** The embedded AWS of a connector that runs, or the lock for an own one, once no other command has it. */
async function waitForTurn(dir: string): Promise<string | DataLock> {
  for (let looks = 0; ; looks += 1) {
    const turn = sharedAwsUrl(dir) ?? (await tryToLockData(dir));
    if (turn !== undefined) return turn;
    // Another command, or a connector that is only just starting.
    if (looks === 0) process.stderr.write(`Waiting for another command that works on ${dir}\n`);
    await sleep(lookEveryMs);
  }
}

async function startAwsAlone(dir: string, config: ConnectorConfig) {
  const aws = await startServer({
    name: 'aws',
    main: 'test/simulators/aws/main.ts',
    args: ['--data', join(dir, 'aws')],
    port: undefined,
    logDir: join(dir, 'logs'),
  });
  return { config, servers: { aws, all: [aws], stop: () => aws.stop() } };
}

function requireLocalData(dir: string): void {
  if (existsSync(localConfigFile(dir)) && existsSync(localOutputsFile(dir))) return;
  throw new ConfigError('reading the options', [
    `--data: found ${JSON.stringify(dir)}; must be the folder of a local connector; connector local --data ${dir} makes one`,
  ]);
}
