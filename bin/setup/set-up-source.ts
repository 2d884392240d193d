import { parseMappingSet } from '../../functions/shared/mapping/index.ts';
import type { PlatformClient } from '../../functions/shared/platform/platform-client.ts';
import { createSchemaRegistry } from '../../functions/shared/platform/schema-registry.ts';
import { createFlowResources } from './flow-resources.ts';
import type { Pause } from './patience.ts';
import { createPlatformResources, type Dataset } from './platform-resources.ts';
import { createSchemaResources } from './schema-resources.ts';
import { checkDataset, readConfiguredDataset, setUpDataset } from './set-up-dataset.ts';
import { setUpDescriptor, setUpNamespaces } from './set-up-identities.ts';
import { setUpInlet } from './set-up-inlet.ts';
import { setUpSchema } from './set-up-schema.ts';
import type { PlatformIds, SetupSource } from './setup-config.ts';
import { setupNames } from './setup-names.ts';
import type { SetupOptions } from './setup-options.ts';
import { type SetupMode, type Step, type StepKind, StepRecorder } from './setup-step.ts';
import { wantedResources } from './wanted-resources.ts';

/** How one source stands in Platform. */
export interface SourceReport {
  readonly id: string;
  readonly steps: readonly Step[];
  /** What keeps the source from being set up, with what to do about it. */
  readonly problems: readonly string[];
  /** Those that are known by now. */
  readonly ids: PlatformIds;
}

/** What a source is set up with. */
export interface SetupDeps {
  readonly client: PlatformClient;
  readonly pause: Pause;
  /** Called as something is begun with. */
  readonly onStep: (kind: StepKind) => void;
  readonly stackName: string;
  readonly options: Pick<SetupOptions, 'name' | 'identity' | 'grow'>;
}

/**
 * Goes through everything that a source needs in Platform, in the order in which one needs the other. Each thing is
 * looked for before it is made, so that a run which was cut off anywhere is simply done again.
 *
 * @throws {ConnectorError} when Platform can't be worked with; what others' things keep from being made are problems.
 */
export async function setUpSource(
  deps: SetupDeps,
  source: SetupSource,
  mode: SetupMode,
): Promise<SourceReport> {
  const { client, options } = deps;
  const { settings, known } = source;
  const { profile } = settings.platform;
  const platform = createPlatformResources(client);
  const registry = createSchemaResources(client);
  const recorder = new StepRecorder(mode, deps.pause, deps.onStep);
  const tenant = await recorder.ask(() => registry.tenantId());
  const mapping = parseMappingSet(source.mappingText, { variables: { TENANT: tenant } });
  const wanted = wantedResources(mapping.rules, tenant);
  const names = setupNames(deps.stackName, settings.id, options.name);
  const shared = { platform, registry, recorder, wanted, tenant, names, profile };
  const report = (ids: PlatformIds): SourceReport => ({
    id: settings.id,
    steps: recorder.steps,
    problems: recorder.problems,
    ids: { ...known, tenant, ...ids },
  });

  if (known.tenant !== undefined && known.tenant !== tenant) {
    recorder.problems.push(
      `platform.tenant: found ${JSON.stringify(known.tenant)}; the organisation's tenant is ${tenant}: correct it, or leave it out`,
    );
  }
  const configured =
    known.datasetId === undefined ? undefined : await readConfiguredDataset(shared, known.datasetId);
  const isStuck = () => mode === 'make' && recorder.problems.length > 0;
  if (isStuck()) return report({});
  await setUpNamespaces({ ...shared, identity: options.identity });
  if (isStuck()) return report({});
  const schema = await setUpSchema(
    { ...shared, mapping, fullSchemas: createSchemaRegistry(client), grow: options.grow },
    known.schemaId ?? configured?.schemaRef?.id,
  );
  if (isStuck()) return report({});
  await setUpDescriptor({ ...shared, identity: options.identity }, schema);
  if (isStuck()) return report({});
  let dataset: Dataset | undefined = configured;
  if (configured !== undefined && schema !== undefined) checkDataset(shared, configured, schema.id);
  else if (known.datasetId === undefined) dataset = await setUpDataset(shared, schema);
  const ids = {
    ...(schema === undefined ? {} : { schemaId: schema.id }),
    ...(dataset === undefined ? {} : { datasetId: dataset.id }),
  };
  // An inlet that the configuration names is the user's own.
  if (settings.platform.delivery === 'batch' || known.inletUrl !== undefined || isStuck()) return report(ids);
  const inlet = await setUpInlet({ ...shared, flow: createFlowResources(client) }, dataset?.id);
  return report({ ...ids, ...inlet });
}
