import * as z from 'zod';
import type { WorkOrder } from '../documents.ts';
import type { Exchange } from '../exchange.ts';
import type { Platform } from '../platform.ts';
import { badRequest, notFound, ok, type Reply } from '../reply.ts';
import type { Route } from '../router.ts';

const createBody = z.strictObject({
  displayName: z.string().min(1),
  description: z.string(),
  action: z.literal('delete_identity'),
  datasetId: z.string().min(1),
  namespacesIdentities: z
    .array(
      z.strictObject({
        namespace: z.strictObject({ code: z.string().min(1) }),
        IDs: z.array(z.string().min(1)).min(1),
      }),
    )
    .min(1),
});

/** Data hygiene: record deletes by identity, and their quota. */
export function hygieneRoutes(platform: Platform): Route[] {
  const { documents, settings, workOrders } = platform;

  async function create(exchange: Exchange): Promise<Reply> {
    const body = await exchange.json(createBody);
    if (body.datasetId !== 'ALL' && !documents.datasets.has(body.datasetId))
      throw badRequest('datasetId names no dataset');
    const identities = body.namespacesIdentities.map(({ namespace, IDs }) => ({
      code: namespace.code,
      ids: IDs,
    }));
    const codes = documents.namespaces.entries().map(([code]) => code.toLowerCase());
    const unknown = identities.find(({ code }) => !codes.includes(code.toLowerCase()));
    if (unknown !== undefined) throw badRequest(`there is no namespace ${unknown.code}`);
    const count = identities.reduce((sum, { ids }) => sum + ids.length, 0);
    const { daily, monthly } = workOrders.consumed();
    if (daily + count > settings.dailyDeletes || monthly + count > settings.monthlyDeletes) {
      throw badRequest('the quota of identity deletes is used up');
    }
    const { displayName, description, datasetId } = body;
    return ok(view(platform, workOrders.create({ displayName, description, datasetId, identities })));
  }

  function one(exchange: Exchange): Reply {
    const found = documents.workOrders.get(exchange.param('id'));
    if (found === undefined) throw notFound('there is no such work order');
    return ok(view(platform, found));
  }

  function list(): Reply {
    const results = documents.workOrders.values().map((order) => view(platform, order));
    return ok({ results, total: results.length, count: results.length, _links: {} });
  }

  function quota(exchange: Exchange): Reply {
    const { daily, monthly } = workOrders.consumed();
    const quotas = [
      { name: 'datasetExpirationQuota', consumed: 0, quota: 75 },
      { name: 'dailyConsumerDeleteIdentitiesQuota', consumed: daily, quota: settings.dailyDeletes },
      { name: 'monthlyConsumerDeleteIdentitiesQuota', consumed: monthly, quota: settings.monthlyDeletes },
    ];
    const wanted = exchange.query('quotaType');
    return ok({ quotas: quotas.filter(({ name }) => wanted === undefined || name === wanted) });
  }

  const base = '/data/core/hygiene';
  const route = { name: 'hygiene', guard: 'gateway' } as const;
  return [
    { ...route, method: 'POST', pattern: `${base}/workorder`, handle: create },
    { ...route, method: 'GET', pattern: `${base}/workorder`, handle: list },
    { ...route, method: 'GET', pattern: `${base}/workorder/{id}`, handle: one },
    // The one call for which the specification names no sandbox.
    { ...route, method: 'GET', pattern: `${base}/quota`, sandboxed: false, handle: quota },
  ];
}

function view(platform: Platform, order: WorkOrder): Record<string, unknown> {
  const productStatus = order.status === 'completed' ? 'success' : 'waiting';
  const createdAt = new Date(order.createdAt).toISOString();
  return {
    workorderId: order.workorderId,
    orgId: platform.settings.orgId,
    bundleId: order.workorderId.replace(/^DI/, 'BN'),
    action: 'identity-delete',
    createdAt,
    updatedAt: new Date(order.updatedAt).toISOString(),
    operationCount: order.identities.reduce((sum, { ids }) => sum + ids.length, 0),
    targetServices: ['profile', 'datalake', 'identity'],
    status: order.status,
    datasetId: order.datasetId,
    datasetName: platform.documents.datasets.get(order.datasetId)?.name ?? order.datasetId,
    displayName: order.displayName,
    description: order.description,
    productStatusDetails: [{ productName: 'Data Management', productStatus, createdAt }],
  };
}
