import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import type { Documents, WorkOrder } from './documents.ts';
import { property } from './json.ts';
import type { Lake } from './lake.ts';
import type { PlatformSettings } from './options.ts';

/** What a client asks to be deleted. */
export type NewWorkOrder = Pick<WorkOrder, 'displayName' | 'description' | 'datasetId' | 'identities'>;

const dayMs = 86_400_000;

/** Record deletes: accepted at once, done in the background, counted against the organisation's quota. */
export class WorkOrders {
  readonly #settings: PlatformSettings;
  readonly #documents: Documents;
  readonly #lake: Lake;
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(settings: PlatformSettings, documents: Documents, lake: Lake, clock: Clock) {
    this.#settings = settings;
    this.#documents = documents;
    this.#lake = lake;
    this.#clock = clock;
  }

  create(order: NewWorkOrder): WorkOrder {
    const now = this.#clock.now();
    const workorderId = `DI-${randomUUID()}`;
    const stored: WorkOrder = {
      ...order,
      workorderId,
      status: 'received',
      createdAt: now,
      updatedAt: now,
      deletedRows: 0,
    };
    this.#documents.workOrders.set(workorderId, stored);
    this.#start(stored);
    return stored;
  }

  resume(): void {
    for (const order of this.#documents.workOrders.values())
      if (order.status === 'received') this.#start(order);
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#running);
  }

  /** Identities that were asked to be deleted since the day, and since the month, began (UTC). */
  consumed(): { daily: number; monthly: number } {
    const now = this.#clock.now();
    const month = new Date(now);
    month.setUTCDate(1);
    month.setUTCHours(0, 0, 0, 0);
    return { daily: this.#countSince(now - (now % dayMs)), monthly: this.#countSince(month.getTime()) };
  }

  #countSince(start: number): number {
    return this.#documents.workOrders
      .values()
      .filter((order) => order.createdAt >= start)
      .flatMap((order) => order.identities)
      .reduce((sum, identity) => sum + identity.ids.length, 0);
  }

  #start(order: WorkOrder): void {
    const run = this.#execute(order).catch((error: unknown) => {
      if (!this.#abort.signal.aborted) throw error;
    });
    this.#running.add(run);
    run.finally(() => this.#running.delete(run));
  }

  async #execute(order: WorkOrder): Promise<void> {
    await this.#clock.sleep(this.#settings.processingMs, this.#abort.signal);
    const wanted = new Map(order.identities.map(({ code, ids }) => [code.toLowerCase(), new Set(ids)]));
    let deletedRows = 0;
    for (const [id] of this.#documents.datasets.entries()) {
      if (order.datasetId !== 'ALL' && order.datasetId !== id) continue;
      deletedRows += await this.#lake.deleteRows(id, (row) => hasPrimaryIdentity(row, wanted));
    }
    const done = { ...order, status: 'completed' as const, updatedAt: this.#clock.now(), deletedRows };
    this.#documents.workOrders.set(order.workorderId, done);
  }
}

/** Whether the row's primary identity, the one that record deletes go by, is among the wanted. */
function hasPrimaryIdentity(row: unknown, wanted: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const map = property(row, 'identityMap');
  if (typeof map !== 'object' || map === null) return false;
  return Object.entries(map).some(([code, items]) => {
    const ids = wanted.get(code.toLowerCase());
    if (ids === undefined || !Array.isArray(items)) return false;
    return items.some((item) => property(item, 'primary') === true && ids.has(String(property(item, 'id'))));
  });
}
