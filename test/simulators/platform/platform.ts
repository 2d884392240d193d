import { mkdirSync } from 'node:fs';
import { BatchStore } from './batch-store.ts';
import { Clock } from './clock.ts';
import { Documents } from './documents.ts';
import { FaultPlan } from './faults.ts';
import { Ingestion } from './ingestion.ts';
import { Lake } from './lake.ts';
import type { PlatformSettings } from './options.ts';
import { SchemaRegistry } from './registry.ts';
import { StreamingSpool } from './streaming-spool.ts';
import { TokenIssuer } from './tokens.ts';
import { WorkOrders } from './work-orders.ts';

/** Counts since the start, for tests that ask what a client did. */
export class RequestCounts {
  readonly routes: Record<string, Record<string, number>> = {};
  uploadedBytes = 0;
  tokens = 0;

  add(route: string, outcome: string): void {
    const counts = this.routes[route] ?? {};
    counts[outcome] = (counts[outcome] ?? 0) + 1;
    this.routes[route] = counts;
  }
}

/** Everything that the routes work with: state, time and faults of one simulator. */
export class Platform {
  readonly settings: PlatformSettings;
  readonly clock = new Clock();
  readonly counts = new RequestCounts();
  readonly faults: FaultPlan;
  readonly documents: Documents;
  readonly registry: SchemaRegistry;
  readonly batches: BatchStore;
  readonly lake: Lake;
  readonly ingestion: Ingestion;
  readonly streaming: StreamingSpool;
  readonly tokens: TokenIssuer;
  readonly workOrders: WorkOrders;
  /** Where the server listens; known once it does. */
  url = '';

  constructor(settings: PlatformSettings) {
    this.settings = settings;
    mkdirSync(settings.dataDir, { recursive: true });
    const { clock } = this;
    const now = () => clock.now();
    this.faults = new FaultPlan(settings.badDay);
    this.tokens = new TokenIssuer(settings, now);
    this.registry = new SchemaRegistry(settings, now);
    this.documents = new Documents(settings);
    this.batches = new BatchStore(settings.dataDir, clock);
    this.lake = new Lake(this.batches);
    this.ingestion = new Ingestion({
      store: this.batches,
      clock,
      processingMs: settings.processingMs,
      readGzip: settings.readGzip,
      rowCheck: (datasetId, origin) => {
        const dataset = this.documents.datasets.get(datasetId);
        if (dataset === undefined) throw new Error(`checking rows of dataset ${datasetId}: there is none`);
        return this.registry.rowCheck(dataset.schemaRef.id, origin);
      },
    });
    this.streaming = new StreamingSpool(settings, this.batches, clock, (id) => this.ingestion.start(id));
    this.workOrders = new WorkOrders(settings, this.documents, this.lake, clock);
  }

  /** Provisions what is missing and takes up what an earlier process left unfinished. */
  start(): void {
    if (this.settings.provision) this.registry.provision();
    this.documents.provision(this.clock.now());
    this.ingestion.resume();
    this.streaming.resume();
    this.workOrders.resume();
  }

  async close(): Promise<void> {
    await Promise.all([this.ingestion.close(), this.streaming.close(), this.workOrders.close()]);
  }

  hasNamespace(code: string): boolean {
    return this.documents.namespaces.has(code);
  }
}
