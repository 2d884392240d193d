import * as z from 'zod';
import type { PlatformClient } from '../../functions/shared/platform/platform-client.ts';
import { parseAnswer } from '../../functions/shared/vendor-request.ts';
import type { WantedNamespace } from './wanted-resources.ts';

const namespacesPath = '/data/core/idnamespace/identities';
const datasetsPath = '/data/foundation/catalog/dataSets';

const namespaceSchema = z.looseObject({ code: z.string(), idType: z.string().default('') });
/** An identity namespace that is there. */
export type Namespace = z.output<typeof namespaceSchema>;

const datasetSchema = z.looseObject({
  name: z.string().default(''),
  created: z.coerce.number().default(0),
  schemaRef: z.looseObject({ id: z.string() }).optional(),
  tags: z.record(z.string(), z.array(z.string())).default({}),
});
const datasetsSchema = z.record(z.string(), datasetSchema);
/** A dataset that is there. */
export type Dataset = z.output<typeof datasetSchema> & { readonly id: string };

/** A dataset to be made. */
export interface NewDataset {
  readonly name: string;
  readonly description: string;
  readonly schemaId: string;
  readonly profile: boolean;
  /** Tells our datasets from others of the same name: names are not unique. */
  readonly mark: string;
}

/** The tag that holds a dataset's mark. */
export const markTag = 'mixpanelConnector';
/** The most that Catalog gives at once. */
const pageSize = 100;
/** Thousands of datasets of one name are no set-up of ours. */
const maxPages = 50;

/** The Identity Service and Catalog, as far as setup reads and writes them. Errors as `PlatformClient.send`. */
export interface PlatformResources {
  namespaces(): Promise<readonly Namespace[]>;
  createNamespace(namespace: WantedNamespace): Promise<Namespace>;
  /** Every dataset of exactly this name, oldest first. */
  datasetsNamed(name: string): Promise<readonly Dataset[]>;
  dataset(id: string): Promise<Dataset | undefined>;
  createDataset(dataset: NewDataset): Promise<Dataset>;
}

export function createPlatformResources(client: PlatformClient): PlatformResources {
  const post = (act: string, path: string, body: unknown) =>
    client.send({
      act,
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json' },
      body: () => JSON.stringify(body),
    });

  async function dataset(id: string): Promise<Dataset | undefined> {
    const act = 'asking Catalog for the dataset';
    const path = `${datasetsPath}/${encodeURIComponent(id)}`;
    const answer = await client.send({ act, method: 'GET', path, expect: [404] });
    return answer.status === 404 ? undefined : datasets(act, answer.text).find((found) => found.id === id);
  }

  return {
    async namespaces() {
      const act = 'listing the identity namespaces';
      const answer = await client.send({ act, method: 'GET', path: namespacesPath });
      return parseAnswer(z.array(namespaceSchema), answer.text, act);
    },
    async createNamespace({ code, name, idType }) {
      const act = `making the identity namespace ${code}`;
      const answer = await post(act, namespacesPath, {
        name,
        code,
        idType,
        description: 'For the events of the Mixpanel source connector.',
      });
      return parseAnswer(namespaceSchema, answer.text, act);
    },
    async datasetsNamed(name) {
      const act = 'looking for the dataset';
      const found: Dataset[] = [];
      for (let page = 0; page < maxPages; page += 1) {
        const query = `name=${encodeURIComponent(name)}&limit=${pageSize}&start=${page * pageSize}`;
        const answer = await client.send({
          act,
          method: 'GET',
          path: `${datasetsPath}?${query}`,
          expect: [404],
        });
        const some = answer.status === 404 ? [] : datasets(act, answer.text);
        found.push(...some);
        if (some.length < pageSize) break;
      }
      return found.filter((one) => one.name === name).sort((one, other) => one.created - other.created);
    },
    dataset,
    async createDataset(body) {
      const act = 'making the dataset';
      const answer = await post(act, datasetsPath, datasetBody(body));
      const [reference = ''] = parseAnswer(z.array(z.string()), answer.text, act);
      const id = reference.slice(reference.lastIndexOf('/') + 1);
      const { name, schemaId, mark } = body;
      return { id, name, created: 0, schemaRef: { id: schemaId }, tags: { [markTag]: [mark] } };
    },
  };
}

/** Whether what the dataset gets goes on into Real-Time Customer Profile. */
export function feedsProfile({ tags }: Dataset): boolean {
  return tags.unifiedProfile?.some((value) => /^enabled:\s*true$/.test(value)) ?? false;
}

function datasets(act: string, text: string): Dataset[] {
  const found = parseAnswer(datasetsSchema, text, act);
  return Object.entries(found).map(([id, one]) => ({ ...one, id }));
}

function datasetBody({ name, description, schemaId, profile, mark }: NewDataset) {
  const enabled = ['enabled:true'];
  return {
    name,
    description,
    schemaRef: { id: schemaId, contentType: 'application/vnd.adobe.xed+json;version=1' },
    enableErrorDiagnostics: true,
    tags: { [markTag]: [mark], ...(profile ? { unifiedProfile: enabled, unifiedIdentity: enabled } : {}) },
  };
}
