import { expect, it } from 'vitest';
import { fileWorkOrders, requireQuota } from '../../bin/forget/work-orders.ts';
import { readPreview } from '../../bin/reconcile/batch-preview.ts';
import { createFlowResources } from '../../bin/setup/flow-resources.ts';
import { createPlatformResources } from '../../bin/setup/platform-resources.ts';
import { createSchemaResources } from '../../bin/setup/schema-resources.ts';
import type { PlatformClient } from '../../functions/shared/platform/platform-client.ts';

/** What a proxy says in Platform's place. */
const client: PlatformClient = {
  send: async () => ({ status: 200, headers: {}, text: '<html>Please log in</html>' }),
};
const pause = async () => {};
const platform = createPlatformResources(client);
const registry = createSchemaResources(client);
const flow = createFlowResources(client);
const name = { name: 'n', description: 'd' };
const orders = { client, pause, datasetId: 'ALL', displayName: 'd', clock: Date.now };
const someIds = [{ namespace: 'MIXPANEL', ids: ['1'] }];

it.each<[string, () => Promise<unknown>]>([
  ['namespaces', () => platform.namespaces()],
  ['a new namespace', () => platform.createNamespace({ code: 'C', name: 'c', idType: 'Cross_device' })],
  ['a dataset', () => platform.dataset('d')],
  ['datasets by name', () => platform.datasetsNamed('n')],
  ['a new dataset', () => platform.createDataset({ ...name, schemaId: 's', profile: false, mark: 'm' })],
  ['the tenant', () => registry.tenantId()],
  ['a schema by title', () => registry.find('schemas', 't')],
  ['a schema', () => registry.read('schemas', 'i')],
  ['what was added to a schema', () => registry.extend('schemas', 'i', [])],
  ['identity descriptors', () => registry.identityDescriptors('i')],
  ['connections by name', () => flow.named('connections', 'n')],
  ['a connection', () => flow.connection('c')],
  ['a new connection', () => flow.createInlet(name)],
  ['the quota of record deletes', () => requireQuota({ client, pause }, someIds)],
  ['a record delete', () => fileWorkOrders(orders, someIds, async () => {})],
  ["a batch's preview", () => readPreview(client, { batchId: 'b', datasetId: 'd', format: 'json', rows: 1 })],
])('a page in place of %s is a fault of the answer, and no wrong request', async (_, ask) => {
  await expect(ask()).rejects.toMatchObject({ code: 'answer_unclear', retryable: true });
});
