import { readFileSync } from 'node:fs';
import { deliveryMappingHash } from '../../functions/load-window/load-deps.ts';
import { createMappingOpener } from '../../functions/load-window/open-mapping.ts';
import { parseMappingSet } from '../../functions/shared/mapping/index.ts';
import { manifestKey } from '../../functions/shared/object-keys.ts';
import type { ObjectStore } from '../../functions/shared/object-store.ts';
import type { PlatformClient } from '../../functions/shared/platform/platform-client.ts';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import { createSchemaKeeper } from '../../functions/shared/stored-schema.ts';
import { readManifestAt } from '../archive/read-manifest.ts';
import { silentLog } from '../operator/silent-log.ts';
import { readPreview } from './batch-preview.ts';
import type { Reconciliation } from './reconciliation.ts';
import { type SampleResult, sampleRows } from './sample-rows.ts';

/** Rows of a delivered run beside Platform's, or why they can't be compared. */
export type Sample =
  | ({ readonly kind: 'compared'; readonly run: string; readonly batchId: string } & SampleResult)
  | { readonly kind: 'skipped'; readonly why: string };

export interface SampleWindowDeps {
  readonly settings: SourceSettings;
  readonly store: ObjectStore;
  readonly client: PlatformClient;
  readonly progress: (lines: number) => void;
}

/**
 * Maps rows of the run that was delivered by the mapping that delivered it, and holds them to those that Platform shows of
 * its batch.
 *
 * @param rows how many are asked for.
 */
export async function sampleWindow(
  deps: SampleWindowDeps,
  { date, delivered, platform, isPending }: Reconciliation,
  rows: number,
): Promise<Sample> {
  const { settings, store, client } = deps;
  if (isPending) return skipped('something is on its way for the window; look again when it has ended');
  if (delivered === null) return skipped('nothing of the window is in the dataset');
  const { batchId, run, datasetId } = delivered;
  if (batchId === null)
    return skipped('its rows were streamed, and are in no batch of which Platform would show any');
  if (platform === null) return skipped(`Catalog knows no batch ${batchId}`);
  const key = manifestKey({ source: settings.id, date, run });
  const manifest = await readManifestAt(store, key);
  if (manifest === undefined) return skipped(`run ${run} is no longer in the archive`);
  const opened = await openMapping(deps);
  if (deliveryMappingHash({ ...opened, settings }, manifest) !== delivered.mappingHash) {
    return skipped(
      `what shapes its rows (mapping, schema, settings, or the connector itself) has changed since; connector replay ${date} --reload delivers them by what it is now`,
    );
  }
  const { format } = settings.platform.wire;
  const shown = await readPreview(client, { batchId, datasetId, format, rows });
  if (shown.length === 0) return skipped(`Platform shows no row of batch ${batchId}`);
  const result = await sampleRows({ ...deps, mapping: opened.mapping }, { manifest, rows, shown });
  return { kind: 'compared', run, batchId, ...result };
}

function skipped(why: string): Sample {
  return { kind: 'skipped', why };
}

/** By the schema that deliveries went by last, as it is kept: one fetched now may be another. */
function openMapping({ settings, store }: SampleWindowDeps) {
  const { platform, mapping, strictMapping, id } = settings;
  const set = parseMappingSet(readFileSync(mapping, 'utf8'), { variables: { TENANT: platform.tenant } });
  const registry = { readFullSchema: async () => undefined };
  const common = { ...platform, clock: Date.now, log: silentLog };
  const schemas = createSchemaKeeper({ ...common, source: id, store, registry });
  const open = createMappingOpener({ ...common, set, strict: strictMapping, schemas });
  return open(new AbortController().signal);
}
