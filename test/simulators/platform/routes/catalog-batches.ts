import { type Batch, batchStatuses } from '../batch.ts';
import type { Exchange } from '../exchange.ts';
import type { Platform } from '../platform.ts';
import { badRequest, ok, type Reply } from '../reply.ts';
import type { Route } from '../router.ts';
import { batchOf, catalogView, picked } from '../views.ts';

/** Statuses of Platform's list that the simulator's batches never have; asking for them finds nothing. */
const otherStatuses = ['processing', 'failure', 'queued', 'active'];

/** What the client may ask of a list. Anything else is refused, where Catalog might ignore it and list too much. */
const listParameters = [
  'batch',
  'createdAfter',
  'createdBefore',
  'dataSet',
  'externalId',
  'limit',
  'orderBy',
  'properties',
  'start',
  'status',
];

/** Catalog's view of batches: one, a filtered list, and the last of each dataset. */
export function catalogBatchRoutes(platform: Platform): Route[] {
  function one(exchange: Exchange): Reply {
    const batch = batchOf(platform, exchange.param('batch'));
    return ok({ [batch.id]: catalogView(platform, batch) });
  }

  function list(exchange: Exchange): Reply {
    exchange.allowQuery(...listParameters);
    const limit = exchange.wholeNumber('limit', 20, 1, 100);
    const start = exchange.wholeNumber('start', 0, 0, Number.MAX_SAFE_INTEGER);
    const found = platform.batches.all().filter(batchFilter(exchange));
    const page = sorted(found, exchange.query('orderBy')).slice(start, start + limit);
    const wanted = exchange.query('properties');
    return ok(
      Object.fromEntries(page.map((batch) => [batch.id, picked(catalogView(platform, batch), wanted)])),
    );
  }

  function last(exchange: Exchange): Reply {
    exchange.allowQuery('dataSetId', 'dataSet', 'limit', 'start');
    const wanted = exchange.query('dataSetId') ?? exchange.query('dataSet');
    const ids = platform.documents.datasets.entries().map(([id]) => id);
    const shown = ids.filter((id) => wanted === undefined || wanted.split(',').includes(id));
    return ok(Object.fromEntries(shown.map((id) => [id, lastBatches(platform, id)])));
  }

  const base = '/data/foundation/catalog';
  const route = { method: 'GET', guard: 'gateway' } as const;
  return [
    { ...route, pattern: `${base}/batches`, name: 'catalog', handle: list },
    { ...route, pattern: `${base}/batches/{batch}`, name: 'catalog', handle: one },
    { ...route, pattern: `${base}/batch/{batch}`, name: 'catalog', handle: one },
    { ...route, pattern: `${base}/lastBatches`, name: 'catalog', handle: last },
  ];
}

function batchFilter(exchange: Exchange): (batch: Batch) => boolean {
  const list = (name: string) => exchange.query(name)?.split(',');
  const statuses = list('status');
  const unknown = statuses?.find((status) => ![...batchStatuses, ...otherStatuses].includes(status));
  if (unknown !== undefined) throw badRequest(`unknown status ${unknown}`);
  const [ids, datasets, externalIds] = [list('batch'), list('dataSet'), list('externalId')];
  const after = exchange.wholeNumber('createdAfter', -1, 0, Number.MAX_SAFE_INTEGER);
  const before = exchange.wholeNumber('createdBefore', Number.MAX_SAFE_INTEGER, 0, Number.MAX_SAFE_INTEGER);
  return (batch) =>
    (statuses?.includes(batch.status) ?? true) &&
    (ids?.includes(batch.id) ?? true) &&
    (datasets?.includes(batch.datasetId) ?? true) &&
    (externalIds?.includes(batch.externalId) ?? true) &&
    batch.created > after &&
    batch.created < before;
}

/** Newest first unless asked otherwise; batches of the same millisecond keep the order in which they were made. */
function sorted(batches: readonly Batch[], orderBy = 'desc:created'): Batch[] {
  const match = /^(asc|desc):(created|updated)$/.exec(orderBy);
  if (match === null) throw badRequest('orderBy must be asc: or desc: and created or updated');
  const key = match[2] === 'updated' ? 'updated' : 'created';
  const ascending = [...batches].sort((a, b) => a[key] - b[key]);
  return match[1] === 'asc' ? ascending : ascending.reverse();
}

function lastBatches(platform: Platform, datasetId: string): Record<string, unknown> {
  const newest = platform.batches
    .all()
    .filter((batch) => batch.datasetId === datasetId)
    .reverse();
  const lastOf = (...statuses: string[]) => newest.find((batch) => statuses.includes(batch.status))?.id;
  return {
    lastBatchId: newest[0]?.id,
    lastBatchStatus: newest[0]?.status,
    lastSuccessfulBatchId: lastOf('success'),
    lastFailedBatchId: lastOf('failed'),
    imsOrg: platform.settings.orgId,
    created: newest[0]?.created,
    updated: newest[0]?.updated,
  };
}
