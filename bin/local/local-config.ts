import { resolve } from 'node:path';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import { type ConnectorConfig, loadConfig, parseConfig, projectRoot } from '../../lib/config.ts';
import type { LocalOptions, LocalWork } from './local-options.ts';

/** The project, the organisation and the dataset of a local run without a configuration. */
export const simulated = {
  projectId: '2195193',
  username: 'local.000000.mp-service-account',
  clientId: 'local-client',
  orgId: '0123456789ABCDEF01234567@AdobeOrg',
  sandbox: 'prod',
  datasetId: '65f000000000000000000001',
  schemaId: 'https://ns.adobe.com/simtenant/schemas/mixpanel-events',
  tenant: 'simtenant',
  /** The inlet that stands ready in the simulator. */
  inletId: '5f'.repeat(32),
} as const;

/** Where the vendors of one source are played; undefined where the real one is used. */
export interface SimulatorUrls {
  readonly mixpanel: string | undefined;
  readonly platform: string | undefined;
}

/**
 * The configuration to run: the user's, or one with a single source.
 *
 * @throws {ConfigError} naming everything that is wrong with it.
 */
export function localConfig(options: LocalOptions, work: LocalWork): ConnectorConfig {
  const config = options.config === undefined ? demoConfig(options, work) : withMapping(options);
  const sources = config.sources.map((source) => withDelivery(withWork(source, work), options));
  return { ...config, sources };
}

function demoConfig(options: LocalOptions, work: LocalWork): ConnectorConfig {
  const { projectId, orgId, sandbox, datasetId, schemaId, tenant } = simulated;
  const source = {
    id: 'demo',
    mixpanel: { projectId, timezone: work.timezone ?? 'UTC' },
    platform: { orgId, sandbox, datasetId, schemaId, tenant },
    ...(options.mapping === undefined ? {} : { mapping: resolve(options.mapping) }),
  };
  const text = JSON.stringify({ stackName: 'ConnectorLocal', sources: [source] });
  return parseConfig(text, 'reading the options of connector local', projectRoot);
}

function withMapping(options: LocalOptions): ConnectorConfig {
  const config = loadConfig(options.config ?? '');
  if (options.mapping === undefined) return config;
  const mapping = resolve(options.mapping);
  const sources = config.sources.map((source) => ({ ...source, mapping }));
  // Once more through the schema: it also reads the mapping set.
  return parseConfig(JSON.stringify({ ...config, sources }), 'reading the options of connector local');
}

function withWork(source: SourceSettings, work: LocalWork): SourceSettings {
  return {
    ...source,
    mixpanel: { ...source.mixpanel, ...(work.timezone === undefined ? {} : { timezone: work.timezone }) },
    schedule: {
      ...source.schedule,
      ...(work.days === undefined ? {} : { lookbackDays: work.days - 1 }),
    },
  };
}

function withDelivery(source: SourceSettings, { streaming }: LocalOptions): SourceSettings {
  return streaming ? { ...source, platform: { ...source.platform, delivery: 'streaming' } } : source;
}

/** The source with its vendors' places taken by simulators. */
export function withSimulators(source: SourceSettings, urls: SimulatorUrls): SourceSettings {
  const { mixpanel, platform } = urls;
  return {
    ...source,
    mixpanel:
      mixpanel === undefined ? source.mixpanel : { ...source.mixpanel, baseUrl: mixpanel, appUrl: mixpanel },
    platform:
      platform === undefined
        ? source.platform
        : {
            ...source.platform,
            baseUrl: platform,
            imsUrl: platform,
            ...(source.platform.delivery === 'streaming'
              ? { inletUrl: `${platform}/collection/${simulated.inletId}` }
              : {}),
          },
  };
}
