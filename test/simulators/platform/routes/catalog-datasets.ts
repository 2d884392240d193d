import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { Dataset } from '../documents.ts';
import type { Exchange } from '../exchange.ts';
import { applyPatch, jsonPatchBody } from '../json-patch.ts';
import type { Platform } from '../platform.ts';
import { badRequest, notFound, ok, type Reply } from '../reply.ts';
import type { Route } from '../router.ts';
import { picked } from '../views.ts';

const tags = z.record(z.string(), z.array(z.string()));

const createBody = z.looseObject({
  name: z.string().min(1),
  description: z.string().optional(),
  schemaRef: z.strictObject({
    id: z.string(),
    contentType: z.string().regex(/^application\/vnd\.adobe\.xed(-full)?\+json;\s?version=1$/),
  }),
  fileDescription: z.looseObject({ persisted: z.boolean().optional() }).optional(),
  enableErrorDiagnostics: z.boolean().optional(),
  tags: tags.default({}),
});

/** Catalog's datasets: create, look up, list, change. */
export function catalogDatasetRoutes(platform: Platform): Route[] {
  const { datasets } = platform.documents;

  async function create(exchange: Exchange): Promise<Reply> {
    exchange.allowQuery('requestDataSource');
    const body = await exchange.json(createBody);
    if (!platform.registry.has('schemas', body.schemaRef.id))
      throw badRequest('schemaRef.id names no schema');
    const id = randomBytes(12).toString('hex');
    const now = platform.clock.now();
    datasets.set(id, { ...body, created: now, updated: now });
    const reference = `@/dataSets/${id}`;
    return { status: 201, headers: { location: reference }, json: [reference] };
  }

  function one(exchange: Exchange): Reply {
    const id = exchange.param('dataset');
    return ok({ [id]: view(platform, datasetOf(platform, id)) });
  }

  function list(exchange: Exchange): Reply {
    exchange.allowQuery('name', 'limit', 'start', 'property', 'properties');
    const limit = exchange.wholeNumber('limit', 20, 1, 100);
    const start = exchange.wholeNumber('start', 0, 0, Number.MAX_SAFE_INTEGER);
    const name = exchange.query('name') ?? nameOf(exchange.query('property'));
    const found = datasets.entries().filter(([, dataset]) => name === undefined || dataset.name === name);
    const page = found.slice(start, start + limit);
    const wanted = exchange.query('properties');
    return ok(Object.fromEntries(page.map(([id, dataset]) => [id, picked(view(platform, dataset), wanted)])));
  }

  async function patch(exchange: Exchange): Promise<Reply> {
    const id = exchange.param('dataset');
    const patch = await exchange.json(jsonPatchBody, ['application/json-patch+json']);
    const changed = applyPatch(datasetOf(platform, id), patch);
    const valid = createBody.safeParse(changed);
    if (!valid.success) throw badRequest('the dataset would not be valid any more');
    datasets.set(id, { ...datasetOf(platform, id), ...valid.data, updated: platform.clock.now() });
    return ok([`@/dataSets/${id}`]);
  }

  const base = '/data/foundation/catalog/dataSets';
  const route = { name: 'datasets', guard: 'gateway' } as const;
  return [
    { ...route, method: 'POST', pattern: base, handle: create },
    { ...route, method: 'GET', pattern: base, handle: list },
    { ...route, method: 'GET', pattern: `${base}/{dataset}`, handle: one },
    { ...route, method: 'PATCH', pattern: `${base}/{dataset}`, handle: patch },
  ];
}

/** @throws {ReplyError} 404 when there is no such dataset. */
export function datasetOf(platform: Platform, id: string): Dataset {
  const dataset = platform.documents.datasets.get(id);
  if (dataset === undefined) throw notFound(`there is no dataset ${id}`);
  return dataset;
}

function view(platform: Platform, dataset: Dataset): Record<string, unknown> {
  return { ...dataset, imsOrg: platform.settings.orgId, state: 'DRAFT', version: '1.0.0' };
}

/** The one property filter that lookups by name use. */
function nameOf(filter: string | undefined): string | undefined {
  if (filter === undefined) return undefined;
  const name = /^name==(.+)$/.exec(filter)?.[1];
  if (name === undefined) throw badRequest('the simulator filters by name==VALUE only');
  return name;
}
