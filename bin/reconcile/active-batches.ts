import { dateOfBatch } from '../../functions/shared/platform/batch-name.ts';
import { type Batches, type BatchReport, batchesPerPage } from '../../functions/shared/platform/batches.ts';

export interface BatchesAsked {
  readonly stackName: string;
  readonly source: string;
  readonly datasetIds: ReadonlySet<string>;
  /** The windows, oldest first. */
  readonly dates: readonly string[];
  /** Batches that ledgers name. */
  readonly expected: ReadonlySet<string>;
}

/** What Catalog lists for some windows. */
export interface ListedBatches {
  /** Active ones of a window, whatever its ledger knows of them. */
  activeOf(date: string, datasetId: string): readonly BatchReport[];
  /** One that a ledger names. */
  get(id: string): BatchReport | undefined;
}

const dayMs = 86_400_000;

/**
 * Lists the datasets' batches, a hundred in a request, and keeps those that the windows are about: a batch of a window
 * can't be older than its day, a day more for zones ahead of UTC.
 */
export async function listBatches(
  batches: Pick<Batches, 'list'>,
  { stackName, source, datasetIds, dates, expected }: BatchesAsked,
): Promise<ListedBatches> {
  const wanted = new Set(dates);
  const createdAfterMs = Date.parse(dates[0] ?? '') - dayMs;
  const active = new Map<string, BatchReport[]>();
  const known = new Map<string, BatchReport>();
  const placeOf = (date: string, datasetId: string) => `${datasetId} ${date}`;
  for (const datasetId of datasetIds) {
    for await (const batch of allBatches(batches, datasetId, createdAfterMs)) {
      if (expected.has(batch.id)) known.set(batch.id, batch);
      const date = dateOfBatch(stackName, source, batch.externalId ?? '');
      if (date === undefined || !wanted.has(date) || batch.phase !== 'active') continue;
      const place = placeOf(date, datasetId);
      active.set(place, [...(active.get(place) ?? []), batch]);
    }
  }
  return {
    activeOf: (date, datasetId) => active.get(placeOf(date, datasetId)) ?? [],
    get: (id) => known.get(id),
  };
}

/** Each once, as long as pages bring any that was not there before. */
async function* allBatches(
  batches: Pick<Batches, 'list'>,
  datasetId: string,
  createdAfterMs: number,
): AsyncGenerator<BatchReport> {
  const seen = new Set<string>();
  for (let start = 0; ; start += batchesPerPage) {
    const page = await batches.list(datasetId, createdAfterMs, start);
    const fresh = page.filter(({ id }) => !seen.has(id));
    for (const batch of fresh) seen.add(batch.id);
    yield* fresh;
    if (page.length < batchesPerPage || fresh.length === 0) return;
  }
}
