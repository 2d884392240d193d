import { join } from 'node:path';
import type { ConnectorConfig } from '../../lib/config.ts';
import { secretName } from '../../lib/source-names.ts';
import { chooseCredentials } from '../local/credentials.ts';
import { withSimulators } from '../local/local-config.ts';
import { chooseWork, parseLocalOptions, readKept } from '../local/local-options.ts';
import { fillSecret } from '../local/provision-resource.ts';
import { type LocalServers, startServers } from '../local/vendor-servers.ts';
import { createOperatorAws } from './aws-access.ts';

/** A local connector's servers, started without the connector. */
export interface LocalWorld {
  readonly servers: LocalServers;
  /** With the addresses of the simulators that were started. */
  readonly config: ConnectorConfig;
}

/** Starts the embedded AWS on a local connector's data, and the simulators of its vendors, with new credentials. */
export async function startLocalWorld(dataDir: string, config: ConnectorConfig): Promise<LocalWorld> {
  // `connector local` plays a vendor for all of its sources, or for none.
  const [first] = config.sources;
  const options = {
    ...parseLocalOptions({}),
    mixpanel: !isLoopback(first?.mixpanel.appUrl ?? ''),
    platform: !isLoopback(first?.platform.baseUrl ?? ''),
  };
  const credentials = chooseCredentials(parseLocalOptions({}), {});
  const servers = await startServers({
    options,
    work: chooseWork(options, readKept(dataDir)),
    credentials,
    sources: config.sources,
    dataDir,
    logDir: join(dataDir, 'logs'),
  });
  const aws = createOperatorAws({ localEndpoint: servers.aws.url });
  try {
    for (const { id, mixpanel, platform } of config.sources) {
      const name = (kind: 'mixpanel' | 'platform') => secretName(config.stackName, id, kind);
      if (!options.mixpanel)
        await fillSecret(aws, mixpanel.secretName ?? name('mixpanel'), credentials.mixpanel);
      if (!options.platform)
        await fillSecret(aws, platform.secretName ?? name('platform'), credentials.platform);
    }
  } finally {
    aws.close();
  }
  const real = { mixpanel: undefined, platform: undefined };
  const sources = config.sources.map((source) =>
    withSimulators(source, servers.vendors.get(source.id) ?? real),
  );
  return { servers, config: { ...config, sources } };
}

function isLoopback(url: string): boolean {
  return URL.canParse(url) && ['127.0.0.1', '[::1]', 'localhost'].includes(new URL(url).hostname);
}
