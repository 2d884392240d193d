import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import * as z from 'zod';
import { createPlatformAccess } from '../../bin/setup/platform-access.ts';
import { runSetup } from '../../bin/setup/run-setup.ts';
import { loadSetupConfig } from '../../bin/setup/setup-config.ts';
import type { PlatformClient } from '../../functions/shared/platform/platform-client.ts';
import { localPlatform, type PlatformOptions } from '../simulators/platform/options.ts';
import { startPlatform } from '../simulators/platform/server.ts';
import { recordOutput } from './recorded-output.ts';

/** The variables that give the simulator's credential. */
export const credential = {
  PLATFORM_CLIENT_ID: localPlatform.clientId,
  PLATFORM_CLIENT_SECRET: localPlatform.clientSecret,
};

/** No account of AWS, whoever runs the tests. */
const nobodyInAws = {
  AWS_REGION: undefined,
  AWS_PROFILE: undefined,
  AWS_ACCESS_KEY_ID: undefined,
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
};

const stepSchema = z.strictObject({
  kind: z.string(),
  name: z.string(),
  state: z.enum(['exists', 'missing', 'made', 'notNeeded', 'conflict']),
  id: z.string().optional(),
  note: z.string().optional(),
});

/** What `connector setup --json` prints. */
export const setupJson = z.strictObject({
  dryRun: z.boolean(),
  sources: z.array(
    z.strictObject({
      id: z.string(),
      tenant: z.string().optional(),
      schemaId: z.string().optional(),
      datasetId: z.string().optional(),
      inletUrl: z.string().optional(),
      flowId: z.string().optional(),
      steps: z.array(stepSchema),
      problems: z.array(z.string()),
      rules: z.array(z.strictObject({ sourceType: z.string(), source: z.string(), destination: z.string() })),
    }),
  ),
});

/** A source as a test writes it; what is left out serves. */
export interface WorldSource {
  readonly id: string;
  readonly platform?: object;
  readonly mapping?: string;
}

const statsSchema = z.looseObject({
  requests: z.record(z.string(), z.record(z.string(), z.number())),
});

/** An organisation in which nothing has been set up, and a configuration that knows none of its ids. */
export async function startSetupWorld(options: Partial<PlatformOptions> = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'connector-setup-'));
  const platform = await startPlatform({
    dataDir: join(dir, 'platform'),
    processingMs: 1,
    provision: false,
    ...options,
  });
  const file = join(dir, 'connector.config.json');
  const { orgId, sandbox } = localPlatform;
  const place = { orgId, sandbox, baseUrl: platform.url, imsUrl: platform.url };
  for (const [name, value] of Object.entries({ ...credential, ...nobodyInAws })) vi.stubEnv(name, value);

  const client = async (): Promise<PlatformClient> => {
    const { config, sources } = loadSetupConfig(file);
    const settings = sources[0]?.settings;
    if (settings === undefined) throw new Error('the configuration has no source');
    return createPlatformAccess({}, process.env).clientFor(config.stackName, settings);
  };
  const world = {
    dir,
    platform,
    file,
    client,
    /** Writes a configuration with these sources. */
    configure(...sources: readonly WorldSource[]): void {
      const all = (sources.length === 0 ? [{ id: 'shop' }] : sources).map((source: WorldSource) => ({
        ...source,
        mixpanel: { projectId: 7 },
        platform: { ...place, ...source.platform },
      }));
      writeFileSync(file, `${JSON.stringify({ stackName: 'Stack', sources: all }, undefined, 2)}\n`);
    },
    /** Writes a mapping set beside the configuration: an event's own fields, and these expressions by destination. */
    map(rules: Readonly<Record<string, string>>): string {
      const all = { _id: 'connector.id', timestamp: 'connector.timestamp', ...rules };
      const mappings = Object.entries(all).map(([destination, source]) => ({
        sourceType: 'EXPRESSION',
        source,
        destination,
      }));
      writeFileSync(join(dir, 'mapping.json'), JSON.stringify({ mappings }));
      return 'mapping.json';
    },
    configText: () => readFileSync(file, 'utf8'),
    /** The ids that the configuration has now, of its first source. */
    ids: () => loadSetupConfig(file).sources[0]?.known ?? {},
    /** Calls the command, without a process of its own. @throws what the command throws. */
    async setup(
      given: object = {},
      confirm?: (question: string) => Promise<boolean>,
      { onTerminal = false } = {},
    ) {
      const { output, text, notes, progress } = recordOutput({ onTerminal });
      const code = await runSetup({ config: file, ...given }, { ...output, confirm });
      return { code, text: text(), notes: notes(), progress: progress() };
    },
    /** As `setup --json`, its result parsed. */
    async setupJson(given: object = {}) {
      const { text } = await world.setup({ json: true, ...given });
      return setupJson.parse(JSON.parse(text));
    },
    /** What Platform has been asked so far: calls that change something, by service. */
    async writes(): Promise<number> {
      const response = await fetch(`${platform.url}/_sim/stats`);
      const { requests } = statsSchema.parse(await response.json());
      const count = (route: string, status: string) => requests[route]?.[status] ?? 0;
      return count('registry', '201') + count('datasets', '201');
    },
    async close() {
      vi.unstubAllEnvs();
      await platform.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return world;
}

export type SetupWorld = Awaited<ReturnType<typeof startSetupWorld>>;
