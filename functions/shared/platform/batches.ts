import { Readable } from 'node:stream';
import * as z from 'zod';
import { parseAnswer, shortened } from '../vendor-request.ts';
import type { PlatformClient } from './platform-client.ts';
import { replayId, type WireSettings } from './wire.ts';

const importPath = '/data/foundation/import/batches';
const catalogPath = '/data/foundation/catalog/batches';

const createdSchema = z.looseObject({ id: z.string().min(1) });

/** Catalog leaves out what it does not know; null in its place says as little. */
const count = z.coerce.number().nullish();

const metricsSchema = z.looseObject({
  outputRecordCount: count,
  /** As Adobe's troubleshooting page spells it. */
  outputRecordSize: count,
  failedRecordCount: count,
});

/** Catalog's words for a state have up to ten letters. */
const maxStatusLength = 64;
/** Of a batch's errors: they are nearly always one. */
const maxErrorsShown = 10;

const catalogBatchSchema = z.looseObject({
  status: z.string().max(maxStatusLength),
  externalId: z.string().nullish(),
  created: count,
  /** Adobe's codes are words in some places and numbers in others. */
  errors: z
    .array(z.looseObject({ code: z.coerce.string().nullish(), description: z.string().nullish() }))
    .nullish(),
  metrics: metricsSchema.nullish(),
  recordCount: count,
  failedRecordCount: count,
});
const catalogAnswerSchema = z.preprocess(keyedById, z.record(z.string(), catalogBatchSchema));
type CatalogBatch = z.output<typeof catalogBatchSchema>;

/** Where a batch stands, in our words: Catalog has twenty statuses, several of them synonyms. */
export type BatchPhase = 'open' | 'ingesting' | 'active' | 'failed' | 'stalled' | 'withdrawn';

const phases = new Map<string, BatchPhase>(
  Object.entries({
    loading: 'open',
    loaded: 'ingesting',
    staging: 'ingesting',
    staged: 'ingesting',
    queued: 'ingesting',
    processing: 'ingesting',
    retrying: 'ingesting',
    success: 'active',
    active: 'active',
    archived: 'active',
    retained: 'active',
    failed: 'failed',
    failure: 'failed',
    stalled: 'stalled',
    aborted: 'withdrawn',
    abandoned: 'withdrawn',
    inactive: 'withdrawn',
    deleted: 'withdrawn',
  } as const),
);

/** A status that Adobe adds one day is waited out, not taken for an end. */
export function phaseOf(status: string): BatchPhase {
  return phases.get(status.toLowerCase()) ?? 'ingesting';
}

/** What Catalog knows of a batch. */
export interface BatchReport {
  readonly id: string;
  /** As its maker named it; undefined where Catalog does not say. */
  readonly externalId: string | undefined;
  /** Catalog's own word. */
  readonly status: string;
  readonly phase: BatchPhase;
  /** Rows in the dataset; undefined until Platform has counted them. */
  readonly accepted: number | undefined;
  /** Rows that Platform refused. */
  readonly failed: number;
  /** Catalog's error codes and words. */
  readonly errors: readonly string[];
}

export interface NewBatch {
  readonly datasetId: string;
  /** Ours; by it a batch is found again when the answer to its creation was lost. */
  readonly externalId: string;
  /** Batches that this one takes the place of once it is active. */
  readonly replaces: readonly string[];
  /** How many per cent of its rows Platform may refuse before it fails the batch. */
  readonly maxFailedPercent: number;
}

/** Batch Ingestion and Catalog, as far as a delivery needs them. Errors as `PlatformClient.send`. */
export interface Batches {
  create(batch: NewBatch): Promise<string>;
  /** Uploads one file; the same path again replaces it. */
  putFile(
    batchId: string,
    datasetId: string,
    path: string,
    body: readonly Buffer[],
    signal?: AbortSignal,
  ): Promise<void>;
  /** Accepted for processing only; safe to repeat. */
  complete(batchId: string): Promise<void>;
  /** @returns false when Platform no longer lets the batch be aborted. */
  abort(batchId: string): Promise<boolean>;
  /** Takes an active batch out of its dataset; one that Platform does not know is in none. */
  revert(batchId: string): Promise<void>;
  /** The batch, or undefined when Catalog does not know it (yet). */
  get(batchId: string): Promise<BatchReport | undefined>;
  /**
   * Every batch of this dataset with our id, oldest first: a creation whose answer was lost may have been repeated. None
   * where the settings say not to look.
   */
  findByExternalId(datasetId: string, externalId: string): Promise<readonly BatchReport[]>;
  /**
   * A page of the dataset's batches, whoever made them, oldest first; fewer than `batchesPerPage` are its last.
   *
   * @param createdAfterMs only those made after this moment.
   * @param start how many batches come before the page.
   */
  list(datasetId: string, createdAfterMs: number, start: number): Promise<readonly BatchReport[]>;
}

/** Catalog's most. */
export const batchesPerPage = 100;

export function createBatches(client: PlatformClient, wire: WireSettings): Batches {
  const action = (batchId: string, name: string, act: string, expect: readonly number[] = []) =>
    client.send({
      act,
      method: 'POST',
      path: `${importPath}/${encodeURIComponent(batchId)}?action=${name}`,
      expect,
    });
  return {
    async create(batch) {
      const answer = await client.send({
        act: 'creating a batch',
        method: 'POST',
        path: importPath,
        headers: { 'content-type': 'application/json' },
        body: () => JSON.stringify(createBody(batch, wire)),
      });
      return parseAnswer(createdSchema, answer.text, 'reading the new batch').id;
    },
    async putFile(batchId, datasetId, path, body, signal) {
      const bytes = body.reduce((sum, piece) => sum + piece.length, 0);
      await client.send({
        act: `uploading ${path}`,
        method: 'PUT',
        path: `${importPath}/${encodeURIComponent(batchId)}/datasets/${encodeURIComponent(datasetId)}/files/${path}`,
        headers: { 'content-type': 'application/octet-stream', 'content-length': String(bytes) },
        body: () => Readable.from(body, { objectMode: false }),
        ...(signal === undefined ? {} : { signal }),
      });
    },
    async complete(batchId) {
      await action(batchId, 'COMPLETE', 'completing a batch');
    },
    async abort(batchId) {
      const answer = await action(batchId, 'ABORT', 'aborting a batch', [400, 404, 409]);
      return answer.status < 300;
    },
    async revert(batchId) {
      await action(batchId, 'REVERT', 'reverting a batch', [404]);
    },
    async get(batchId) {
      const answer = await client.send({
        act: 'asking Catalog for a batch',
        method: 'GET',
        path: `${catalogPath}/${encodeURIComponent(batchId)}`,
        expect: [404],
      });
      if (answer.status === 404) return undefined;
      return reports(answer.text).find((report) => report.id === batchId);
    },
    async findByExternalId(datasetId, externalId) {
      if (!wire.findByExternalId) return [];
      const query = new URLSearchParams({
        dataSet: datasetId,
        externalId,
        limit: String(batchesPerPage),
      });
      const answer = await client.send({
        act: 'looking for a batch by its external id',
        method: 'GET',
        path: `${catalogPath}?${query}`,
        expect: [404],
      });
      return answer.status === 404 ? [] : reports(answer.text, externalId);
    },
    async list(datasetId, createdAfterMs, start) {
      const query = new URLSearchParams({
        dataSet: datasetId,
        createdAfter: String(createdAfterMs),
        limit: String(batchesPerPage),
        start: String(start),
        orderBy: 'asc:created',
      });
      const answer = await client.send({
        act: 'listing the batches of a dataset',
        method: 'GET',
        path: `${catalogPath}?${query}`,
        expect: [404],
      });
      return answer.status === 404 ? [] : reports(answer.text);
    },
  };
}

function createBody(batch: NewBatch, wire: WireSettings) {
  return {
    datasetId: batch.datasetId,
    externalId: batch.externalId,
    inputFormat: {
      format: wire.format,
      ...(wire.multiLineJson === 'omit' ? {} : { isMultiLineJson: false }),
    },
    enableErrorDiagnostics: true,
    // 0 means "off" to Adobe's own client, and off is what fails a batch for its first bad row.
    ...(batch.maxFailedPercent === 0 ? {} : { [wire.partialIngestionKey]: batch.maxFailedPercent }),
    ...(batch.replaces.length === 0
      ? {}
      : {
          replay: {
            predecessors: batch.replaces.map((id) => replayId(id, wire.replayIds)),
            reason: 'replace',
          },
        }),
  };
}

function reports(text: string, externalId?: string): BatchReport[] {
  const found = parseAnswer(catalogAnswerSchema, text, 'reading batches from Catalog');
  return Object.entries(found)
    .filter(([, batch]) => externalId === undefined || batch.externalId === externalId)
    .sort(([, one], [, other]) => (one.created ?? 0) - (other.created ?? 0))
    .map(([id, batch]) => reportOf(id, batch));
}

function reportOf(id: string, batch: CatalogBatch): BatchReport {
  const metrics = batch.metrics ?? {};
  return {
    id,
    externalId: batch.externalId ?? undefined,
    status: batch.status,
    phase: phaseOf(batch.status),
    accepted: metrics.outputRecordCount ?? metrics.outputRecordSize ?? batch.recordCount ?? undefined,
    failed: metrics.failedRecordCount ?? batch.failedRecordCount ?? 0,
    errors: (batch.errors ?? [])
      .slice(0, maxErrorsShown)
      .map(({ code, description }) => shortened(`${code ?? 'no code'}: ${description ?? ''}`)),
  };
}

const identified = z.looseObject({ id: z.string(), status: z.string() });

/** Catalog answers by id. A list, or a batch alone, with the id inside says the same. */
function keyedById(answer: unknown): unknown {
  const listed = z.array(identified).safeParse(Array.isArray(answer) ? answer : [answer]);
  return listed.success ? Object.fromEntries(listed.data.map((batch) => [batch.id, batch])) : answer;
}
