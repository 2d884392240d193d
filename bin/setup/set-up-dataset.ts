import { type Dataset, feedsProfile, type PlatformResources } from './platform-resources.ts';
import { type FoundSchema, madeSchema } from './set-up-schema.ts';
import { hasOwnTag, nameTaken, type SetupNames } from './setup-names.ts';
import { Conflict, type StepRecorder } from './setup-step.ts';

/** What a source's dataset is set up with. */
export interface DatasetWork {
  readonly platform: PlatformResources;
  readonly recorder: StepRecorder;
  readonly names: SetupNames;
  readonly profile: boolean;
}

/**
 * The dataset that the configuration names, for its schema.
 *
 * @returns undefined when there is no such dataset, of which the problems tell.
 */
export async function readConfiguredDataset(
  { platform, recorder }: DatasetWork,
  datasetId: string,
): Promise<Dataset | undefined> {
  const dataset = await recorder.ask(() => platform.dataset(datasetId));
  if (dataset !== undefined) return dataset;
  recorder.add({ kind: 'dataset', name: datasetId, state: 'conflict' });
  recorder.problems.push(
    `platform.datasetId: there is no dataset ${datasetId} in this sandbox; correct it, or leave it out, and setup makes one`,
  );
  return undefined;
}

/** A configured dataset is only checked. */
export function checkDataset(
  { recorder, names, profile }: DatasetWork,
  dataset: Dataset,
  schemaId: string,
): void {
  const { id, name } = dataset;
  const own = hasOwnTag(dataset.tags, names) ? undefined : 'not made by setup: it is only checked';
  const notes = [own, profileNote(dataset, profile)].filter((note) => note !== undefined);
  recorder.add({ kind: 'dataset', name, state: 'exists', id, note: notes.join('; ') || undefined });
  const found = dataset.schemaRef?.id;
  if (found === schemaId) return;
  recorder.problems.push(
    `platform.datasetId: the dataset "${name}" has the schema ${found}, and platform.schemaId names ${schemaId}; correct one of them, or leave schemaId out`,
  );
}

/** Finds or makes the dataset for our, or the configured, schema. */
export async function setUpDataset(
  { platform, recorder, names, profile }: DatasetWork,
  schema: FoundSchema | undefined,
): Promise<Dataset | undefined> {
  return recorder.ensure({
    kind: 'dataset',
    name: names.dataset,
    note: profile ? 'feeds Profile' : 'does not feed Profile',
    find: async () => {
      const all = await platform.datasetsNamed(names.dataset);
      const own = all.find(({ tags }) => hasOwnTag(tags, names));
      if (own !== undefined && schema !== undefined && own.schemaRef?.id !== schema.id) {
        throw new Conflict(
          `the dataset "${own.name}" (${own.id}) is this source's, but has the schema ${own.schemaRef?.id} and not ${schema.id}; a dataset's schema can't be changed: give --name another name, or correct platform.schemaId`,
        );
      }
      if (own === undefined && all[0] !== undefined) {
        throw new Conflict(nameTaken('dataset', all[0].name, all[0].id));
      }
      return own;
    },
    make: () =>
      platform.createDataset({
        name: names.dataset,
        description: 'Every raw event of a Mixpanel project, one batch per day.',
        schemaId: madeSchema(schema).id,
        profile,
        mark: names.mark,
      }),
    id: ({ id }) => id,
    remark: (dataset) => profileNote(dataset, profile),
  });
}

function profileNote(dataset: Dataset, profile: boolean): string | undefined {
  const feeds = feedsProfile(dataset);
  if (feeds === profile) return undefined;
  return profile
    ? 'does not feed Profile: switch that on in Platform, or set platform.profile to false'
    : 'feeds Profile: set platform.profile to true, or rows too large for it are lost there';
}
