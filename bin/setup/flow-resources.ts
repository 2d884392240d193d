import * as z from 'zod';
import type { PlatformClient } from '../../functions/shared/platform/platform-client.ts';
import { parseAnswer } from '../../functions/shared/vendor-request.ts';

const flowService = '/data/foundation/flowservice';
/** A source's names are its own; many pages of one name are no set-up of ours. */
const maxPages = 20;

/** Adobe's ids of what is connected, the same in every organisation (sources/api/create/streaming/http). */
const streamingConnection = { id: 'bc7b00d6-623a-4dfc-9fdb-f1240aeadaeb', version: '1.0' };
const streamingProvider = '521eee4d-8cbe-4906-bb48-fb6bd4450033';
const lakeConnection = { id: 'c604ff05-7f1a-43c0-8e18-33bf874cb11c', version: '1.0' };
const streamingFlow = { id: 'd8a6f005-7eaf-4153-983e-e8574508b877', version: '1.0' };

const itemSchema = z.looseObject({
  id: z.string(),
  name: z.string().default(''),
  description: z.string().default(''),
  auth: z.looseObject({ params: z.looseObject({ inletUrl: z.string().optional() }).optional() }).optional(),
});
const listSchema = z.looseObject({
  items: z.array(itemSchema),
  _links: z.looseObject({ next: z.looseObject({ href: z.string() }).optional() }).optional(),
});
const createdSchema = z.looseObject({ id: z.string() });

/** A connection, or a dataflow, that is there. */
export type FlowItem = z.output<typeof itemSchema>;
export type FlowKind = 'connections' | 'sourceConnections' | 'targetConnections' | 'flows';

/** What ours are called, and how they are known again. */
export interface FlowName {
  readonly name: string;
  readonly description: string;
}

/** Flow Service, as far as setup reads and writes it. Errors as `PlatformClient.send`. */
export interface FlowResources {
  /** Every one of exactly this name. */
  named(kind: FlowKind, name: string): Promise<readonly FlowItem[]>;
  /** The connection with the address of its inlet. */
  connection(id: string): Promise<FlowItem>;
  /** @returns the id of a new inlet, which asks for a token: its address alone opens nothing. */
  createInlet(name: FlowName): Promise<string>;
  createSource(name: FlowName, connectionId: string): Promise<string>;
  createTarget(name: FlowName, datasetId: string): Promise<string>;
  createFlow(name: FlowName, ends: { readonly source: string; readonly target: string }): Promise<string>;
}

export function createFlowResources(client: PlatformClient): FlowResources {
  async function read(act: string, path: string) {
    const answer = await client.send({ act, method: 'GET', path });
    return parseAnswer(listSchema, answer.text, act);
  }
  async function create(kind: FlowKind, body: object): Promise<string> {
    const act = `making one of the ${kind}`;
    const answer = await client.send({
      act,
      method: 'POST',
      path: `${flowService}/${kind}`,
      headers: { 'content-type': 'application/json' },
      body: () => JSON.stringify(body),
    });
    return parseAnswer(createdSchema, answer.text, act).id;
  }

  return {
    async named(kind, name) {
      const act = `looking for ${kind}`;
      const found: FlowItem[] = [];
      let path = `${flowService}/${kind}?property=${encodeURIComponent(`name==${name}`)}`;
      for (let page = 0; page < maxPages; page += 1) {
        const { items, _links } = await read(act, path);
        found.push(...items.filter((item) => item.name === name));
        const next = _links?.next?.href;
        if (next === undefined) break;
        // Given as a path below the service, or as a whole address.
        path = `${flowService}/${kind}${next.slice(Math.max(0, next.indexOf('?')))}`;
      }
      return found;
    },
    async connection(id) {
      const act = 'reading the connection';
      const { items } = await read(act, `${flowService}/connections/${encodeURIComponent(id)}`);
      return parseAnswer(itemSchema, JSON.stringify(items[0] ?? null), act);
    },
    createInlet: ({ name, description }) =>
      create('connections', {
        name,
        description,
        providerId: streamingProvider,
        connectionSpec: streamingConnection,
        auth: {
          specName: 'Streaming Connection',
          params: { sourceId: name, dataType: 'xdm', name, authenticationRequired: true },
        },
      }),
    createSource: (name, baseConnectionId) =>
      create('sourceConnections', { ...name, baseConnectionId, connectionSpec: streamingConnection }),
    createTarget: (name, dataSetId) =>
      create('targetConnections', {
        ...name,
        connectionSpec: lakeConnection,
        data: { format: 'parquet_xdm' },
        params: { dataSetId },
      }),
    createFlow: (name, { source, target }) =>
      create('flows', {
        ...name,
        flowSpec: streamingFlow,
        sourceConnectionIds: [source],
        targetConnectionIds: [target],
      }),
  };
}
