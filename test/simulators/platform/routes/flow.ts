import { randomBytes, randomUUID } from 'node:crypto';
import * as z from 'zod';
import { type Documents, type FlowDocument, streamingSpecId } from '../documents.ts';
import type { Exchange } from '../exchange.ts';
import type { Platform } from '../platform.ts';
import { badRequest, notFound, ok, type Reply } from '../reply.ts';
import type { Route } from '../router.ts';

const spec = z.strictObject({ id: z.string(), version: z.string() });

const connectionBody = z.strictObject({
  name: z.string().min(1),
  description: z.string().optional(),
  providerId: z.string().optional(),
  connectionSpec: spec.extend({
    id: z.literal(streamingSpecId, 'the simulator makes streaming connections only'),
  }),
  auth: z.strictObject({
    specName: z.literal('Streaming Connection'),
    params: z.strictObject({
      sourceId: z.string().min(1),
      dataType: z.literal('xdm'),
      name: z.string().min(1),
      authenticationRequired: z.boolean().optional(),
    }),
  }),
});

const sourceBody = z.looseObject({
  name: z.string().min(1),
  baseConnectionId: z.string(),
  connectionSpec: spec,
});
const targetBody = z.looseObject({
  name: z.string().min(1),
  connectionSpec: spec,
  params: z.looseObject({ dataSetId: z.string() }),
});
const flowBody = z.looseObject({
  name: z.string().min(1),
  flowSpec: spec,
  sourceConnectionIds: z.array(z.string()).length(1),
  targetConnectionIds: z.array(z.string()).length(1),
});

type Kind = keyof Documents['flow'];

/** Flow Service, as far as a streaming inlet needs it: connection, source, target and flow. */
export function flowRoutes(platform: Platform): Route[] {
  const { flow, datasets } = platform.documents;

  function add(kind: Kind, body: Record<string, unknown>): Reply {
    const id = randomUUID();
    const document = {
      ...body,
      id,
      etag: `"${randomBytes(8).toString('hex')}"`,
      createdAt: platform.clock.now(),
    };
    flow[kind].set(id, document);
    return { status: 201, headers: { location: `/${kind}/${id}` }, json: { id, etag: document.etag } };
  }

  async function create(kind: Kind, exchange: Exchange): Promise<Reply> {
    if (kind === 'connections') return add(kind, withInlet(await exchange.json(connectionBody)));
    if (kind === 'sourceConnections') {
      const body = await exchange.json(sourceBody);
      require(flow.connections.has(body.baseConnectionId), 'baseConnectionId');
      return add(kind, body);
    }
    if (kind === 'targetConnections') {
      const body = await exchange.json(targetBody);
      require(datasets.has(body.params.dataSetId), 'params.dataSetId');
      return add(kind, body);
    }
    const body = await exchange.json(flowBody);
    require(body.sourceConnectionIds.every((id) => flow.sourceConnections.has(id)), 'sourceConnectionIds');
    require(body.targetConnectionIds.every((id) => flow.targetConnections.has(id)), 'targetConnectionIds');
    return add(kind, body);
  }

  function one(kind: Kind, exchange: Exchange): Reply {
    const found = flow[kind].get(exchange.param('id'));
    if (found === undefined) throw notFound(`there is no ${kind} ${exchange.param('id')}`);
    return ok({ items: [shown(platform, found)] });
  }

  const kinds: Kind[] = ['connections', 'sourceConnections', 'targetConnections', 'flows'];
  return kinds.flatMap((kind): Route[] => {
    const pattern = `/data/foundation/flowservice/${kind}`;
    const route = { name: 'flow', guard: 'gateway' } as const;
    const list = () => ok({ items: flow[kind].values().map((document) => shown(platform, document)) });
    return [
      { ...route, method: 'POST', pattern, handle: (exchange) => create(kind, exchange) },
      { ...route, method: 'GET', pattern, handle: list },
      { ...route, method: 'GET', pattern: `${pattern}/{id}`, handle: (exchange) => one(kind, exchange) },
    ];
  });
}

function require(holds: boolean, name: string): void {
  if (!holds) throw badRequest(`${name} names nothing that exists`);
}

/** Gives a new connection its inlet. */
function withInlet(body: z.output<typeof connectionBody>): Record<string, unknown> {
  const params = { ...body.auth.params, inletId: randomBytes(32).toString('hex') };
  return { ...body, auth: { ...body.auth, params } };
}

const connectionView = z.looseObject({
  auth: z.looseObject({ params: z.looseObject({ inletId: z.string() }) }),
});

/** A connection says where its inlet is. The address is the server's of today, so it is never stored. */
function shown(platform: Platform, document: FlowDocument): Record<string, unknown> {
  const parsed = connectionView.safeParse(document);
  if (!parsed.success) return document;
  const { params } = parsed.data.auth;
  const inletUrl = `${platform.url}/collection/${params.inletId}`;
  return { ...document, auth: { ...parsed.data.auth, params: { ...params, inletUrl } } };
}

const inletView = connectionView.extend({
  auth: z.looseObject({
    params: z.looseObject({ inletId: z.string(), authenticationRequired: z.boolean().default(false) }),
  }),
});

/** The inlet of that id, and whether it asks for a token. */
export function findInlet(
  platform: Platform,
  inletId: string,
): { authenticationRequired: boolean } | undefined {
  for (const document of platform.documents.flow.connections.values()) {
    const parsed = inletView.safeParse(document);
    if (parsed.success && parsed.data.auth.params.inletId === inletId) return parsed.data.auth.params;
  }
  return undefined;
}
