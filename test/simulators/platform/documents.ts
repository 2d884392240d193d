import { join } from 'node:path';
import * as z from 'zod';
import { DurableMap } from './durable-json.ts';
import type { PlatformSettings } from './options.ts';

/** A dataset, as Catalog keeps it. Times are milliseconds since 1970. */
export const datasetSchema = z.looseObject({
  name: z.string(),
  description: z.string().optional(),
  schemaRef: z.looseObject({ id: z.string(), contentType: z.string() }),
  tags: z.record(z.string(), z.array(z.string())),
  enableErrorDiagnostics: z.boolean().optional(),
  created: z.number(),
  updated: z.number(),
});
/** As stored. */
export type Dataset = z.output<typeof datasetSchema>;

/** An identity namespace. `idType` is in capitals, as Adobe answers it. */
export const namespaceSchema = z.strictObject({
  id: z.int(),
  code: z.string(),
  name: z.string(),
  idType: z.string(),
  description: z.string().optional(),
  custom: z.boolean(),
  createTime: z.number(),
});
/** As stored. */
export type Namespace = z.output<typeof namespaceSchema>;

/** Connections, source and target connections and flows: the simulator keeps what it was sent. */
export const flowDocumentSchema = z.looseObject({ id: z.string(), etag: z.string(), createdAt: z.number() });
/** As stored, without the address of its inlet, which depends on where the simulator listens today. */
export type FlowDocument = z.output<typeof flowDocumentSchema>;

/** A record delete: what was asked, how far it is, how many rows it has taken. */
export const workOrderSchema = z.strictObject({
  workorderId: z.string(),
  displayName: z.string(),
  description: z.string(),
  datasetId: z.string(),
  identities: z.array(z.strictObject({ code: z.string(), ids: z.array(z.string()) })),
  status: z.enum(['received', 'completed']),
  createdAt: z.number(),
  updatedAt: z.number(),
  deletedRows: z.int(),
});
/** As stored. */
export type WorkOrder = z.output<typeof workOrderSchema>;

/** Namespaces that every organisation has, by code, and the kind of identity each is for. */
const standardNamespaces: Record<string, string> = {
  CORE: 'COOKIE',
  ECID: 'COOKIE',
  Email: 'EMAIL',
  Email_LC_SHA256: 'EMAIL',
  GAID: 'DEVICE',
  IDFA: 'DEVICE',
  Phone: 'PHONE',
};

/** Namespaces of the default mapping, which set-up makes in a real organisation. */
const mixpanelNamespaces: Record<string, string> = {
  MIXPANEL: 'CROSS_DEVICE',
  MIXPANELUSER: 'CROSS_DEVICE',
  MIXPANELDEVICE: 'DEVICE',
};

/** The connection specification of streaming inlets, the same in every organisation. */
export const streamingSpecId = 'bc7b00d6-623a-4dfc-9fdb-f1240aeadaeb';

/** The small documents of the services around ingestion. */
export class Documents {
  readonly datasets: DurableMap<Dataset>;
  readonly namespaces: DurableMap<Namespace>;
  readonly flow: Record<
    'connections' | 'sourceConnections' | 'targetConnections' | 'flows',
    DurableMap<FlowDocument>
  >;
  readonly workOrders: DurableMap<WorkOrder>;
  readonly #settings: PlatformSettings;

  constructor(settings: PlatformSettings) {
    this.#settings = settings;
    const folder = (name: string) => join(settings.dataDir, name);
    this.datasets = new DurableMap(folder('datasets'), datasetSchema);
    this.namespaces = new DurableMap(folder('namespaces'), namespaceSchema);
    this.workOrders = new DurableMap(folder('workorders'), workOrderSchema);
    const flow = (name: string) => new DurableMap(folder(name), flowDocumentSchema);
    this.flow = {
      connections: flow('connections'),
      sourceConnections: flow('source-connections'),
      targetConnections: flow('target-connections'),
      flows: flow('flows'),
    };
  }

  /** Puts in place what every organisation has and, where asked for, what set-up would make. */
  provision(now: number): void {
    for (const [code, idType] of Object.entries(standardNamespaces))
      this.#addNamespace(code, idType, false, now);
    if (!this.#settings.provision) return;
    for (const [code, idType] of Object.entries(mixpanelNamespaces))
      this.#addNamespace(code, idType, true, now);
    for (const id of this.#settings.datasetIds) this.#provisionDataset(id, now);
    this.#provisionInlet(now);
  }

  #addNamespace(code: string, idType: string, custom: boolean, now: number): void {
    if (this.namespaces.has(code)) return;
    const id = this.namespaces.values().length + 1;
    this.namespaces.set(code, { id, code, name: code, idType, custom, createTime: now });
  }

  #provisionDataset(datasetId: string, now: number): void {
    const { schemaId } = this.#settings;
    if (this.datasets.has(datasetId)) return;
    this.datasets.set(datasetId, {
      name: 'Mixpanel events',
      schemaRef: { id: schemaId, contentType: 'application/vnd.adobe.xed+json;version=1' },
      tags: { unifiedProfile: ['enabled:true'], unifiedIdentity: ['enabled:true'] },
      enableErrorDiagnostics: true,
      created: now,
      updated: now,
    });
  }

  #provisionInlet(now: number): void {
    const { inletId } = this.#settings;
    const id = '5f000000-0000-4000-8000-000000000001';
    if (this.flow.connections.has(id)) return;
    const params = { sourceId: 'mixpanel', dataType: 'xdm', name: 'Mixpanel events', inletId };
    this.flow.connections.set(id, {
      id,
      etag: '"1"',
      createdAt: now,
      name: 'Mixpanel events',
      connectionSpec: { id: streamingSpecId, version: '1.0' },
      auth: { specName: 'Streaming Connection', params },
    });
  }
}
