import { join } from 'node:path';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import type { LocalCredentials } from './credentials.ts';
import { type SimulatorUrls, simulated } from './local-config.ts';
import type { LocalOptions, LocalWork } from './local-options.ts';
import { type ServerProcess, startServer } from './server-process.ts';

export interface ServersRequest {
  readonly options: LocalOptions;
  readonly work: LocalWork;
  readonly credentials: LocalCredentials;
  readonly sources: readonly SourceSettings[];
  readonly dataDir: string;
  readonly logDir: string;
}

export interface LocalServers {
  readonly aws: ServerProcess;
  /** By source: each has vendors of its own, so that its dataset holds nothing of another. */
  readonly vendors: ReadonlyMap<string, SimulatorUrls>;
  readonly all: readonly ServerProcess[];
  stop(): Promise<void>;
}

/** With `--faults`, every tenth request to Platform goes wrong: enough to meet each kind of fault in a few windows. */
const platformFaultRate = 0.1;

/**
 * Starts the embedded AWS and, for each source, the simulators that take its vendors' places.
 *
 * @throws {ConfigError} when a port is in use; whatever had started is ended again.
 */
export async function startServers(request: ServersRequest): Promise<LocalServers> {
  const started: ServerProcess[] = [];
  const start = async (options: Parameters<typeof startServer>[0]) => {
    const server = await startServer(options);
    started.push(server);
    return server;
  };
  const { options, dataDir, logDir } = request;
  const aws = start({
    name: 'aws',
    main: 'test/simulators/aws/main.ts',
    args: ['--data', join(dataDir, 'aws')],
    port: options.awsPort,
    logDir,
  });
  const vendors = request.sources.map(async (source, index) => {
    // A port that was asked for goes to the first source.
    const ports = index === 0 ? options : { mixpanelPort: undefined, platformPort: undefined };
    const mixpanel = options.mixpanel
      ? undefined
      : start(mixpanelServer(request, source, ports.mixpanelPort));
    const platform = options.platform
      ? undefined
      : start(platformServer(request, source, ports.platformPort));
    const [mixpanelStarted, platformStarted] = await allOrThrow([mixpanel, platform]);
    return [source.id, { mixpanel: mixpanelStarted?.url, platform: platformStarted?.url }] as const;
  });
  const stop = async () => {
    await Promise.all(started.map((server) => server.stop()));
  };
  const outcomes = await Promise.allSettled([aws, ...vendors]);
  if (outcomes.some((outcome) => outcome.status === 'rejected')) await stop();
  return { aws: await aws, vendors: new Map(await Promise.all(vendors)), all: started, stop };
}

function mixpanelServer(request: ServersRequest, source: SourceSettings, port: number | undefined) {
  const { options, work, dataDir, logDir, credentials } = request;
  const isLegacy = work.legacy || source.mixpanel.timestamps === 'project';
  return {
    name: `mixpanel-${source.id}`,
    main: 'test/simulators/mixpanel/main.ts',
    args: [
      ...['--data', join(dataDir, 'mixpanel', source.id)],
      ...['--project', source.mixpanel.projectId],
      ...['--username', simulated.username],
      ...['--events', String(work.events)],
      ...['--seed', String(work.seed)],
      ...['--duplicates', String(work.duplicates)],
      ...['--timezone', source.mixpanel.timezone],
      ...(options.exportSpeed === undefined ? [] : ['--rows-per-second', String(options.exportSpeed)]),
      ...(isLegacy ? ['--legacy'] : []),
      ...(work.faults ? ['--faults'] : []),
    ],
    port,
    variables: { MIXPANEL_SIM_SECRET: credentials.mixpanel.secret ?? '' },
    logDir,
  };
}

function platformServer(request: ServersRequest, source: SourceSettings, port: number | undefined) {
  const { work, dataDir, logDir, credentials } = request;
  return {
    name: `platform-${source.id}`,
    main: 'test/simulators/platform/main.ts',
    args: [
      ...['--data', join(dataDir, 'platform', source.id)],
      ...['--client-id', simulated.clientId],
      ...['--org', source.platform.orgId],
      ...['--sandbox', source.platform.sandbox],
      ...['--tenant', source.platform.tenant],
      ...['--dataset', source.platform.datasetId],
      ...['--schema', source.platform.schemaId],
      ...(work.faults ? ['--faults', String(platformFaultRate), '--seed', String(work.seed)] : []),
    ],
    port,
    variables: { PLATFORM_SIM_CLIENT_SECRET: credentials.platform.clientSecret ?? '' },
    logDir,
  };
}

/** As `Promise.all`, but waits for the others when one fails: nothing may start after the rest was stopped. */
async function allOrThrow<Value>(promises: readonly (Promise<Value> | undefined)[]) {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
