import * as z from 'zod';
import type { Batch } from '../batch.ts';
import type { Exchange } from '../exchange.ts';
import type { Platform } from '../platform.ts';
import { badRequest, notFound, ok, problem, type Reply } from '../reply.ts';
import type { Route } from '../router.ts';
import { batchOf, batchView } from '../views.ts';

const ids = z.array(z.string().min(1)).min(1);

/** The body of a new batch. A key that no document knows is refused: it is a misspelled one. */
const createBody = z.strictObject({
  datasetId: z.string().min(1),
  inputFormat: z
    .strictObject({
      // The documents write the format in lower case, the specification in upper case.
      format: z.string().regex(/^json$/i, 'the simulator reads json only'),
      isMultiLineJson: z.boolean().optional(),
    })
    .default({ format: 'json' }),
  externalId: z.string().min(1).optional(),
  replay: z
    .strictObject({
      predecessors: ids.optional(),
      predecessorsByExternalId: ids.optional(),
      reason: z.string().min(1),
    })
    .refine((replay) => replay.predecessors ?? replay.predecessorsByExternalId, 'must name predecessors')
    .optional(),
  tags: z.record(z.string(), z.array(z.string())).default({}),
  enableErrorDiagnostics: z.boolean().default(false),
  partialIngestionPercent: z.number().min(0).max(100).optional(),
});

type CreateBody = z.output<typeof createBody>;

/** Creating batches, and ending them: the part of Batch Ingestion that carries no file. */
export function importRoutes(platform: Platform): Route[] {
  async function create(exchange: Exchange): Promise<Reply> {
    const body = await exchange.json(createBody);
    const { batches, documents, settings } = platform;
    if (!documents.datasets.has(body.datasetId)) throw badRequest(`there is no dataset ${body.datasetId}`);
    const taken = batches.all().some((batch) => batch.externalId === body.externalId);
    if (taken && settings.duplicateExternalId === 'refuse') {
      throw problem(409, 'ConflictError', 'externalId is in use');
    }
    const { replay, inputFormat } = body;
    const partial = body.partialIngestionPercent;
    const batch = batches.create({
      datasetId: body.datasetId,
      status: 'loading',
      origin: 'batch',
      externalId: body.externalId,
      format: inputFormat.format.toLowerCase(),
      isMultiLineJson: inputFormat.isMultiLineJson ?? false,
      tags: body.tags,
      // With partial ingestion on, diagnostics come with it.
      diagnostics: body.enableErrorDiagnostics || (partial ?? 0) > 0,
      ...(replay === undefined ? {} : { replay: resolvedReplay(platform, body.datasetId, replay) }),
      ...(partial === undefined ? {} : { partialIngestionPercent: partial }),
    });
    return ok(batchView(platform, batch), 201);
  }

  function act(exchange: Exchange): Reply {
    exchange.allowQuery('action');
    const batch = batchOf(platform, exchange.param('batch'));
    const action = (exchange.query('action') ?? '').toUpperCase();
    const end = { COMPLETE: complete, ABORT: abort, FAIL: fail, REVERT: revert }[action];
    if (end === undefined) throw badRequest('action must be COMPLETE, ABORT, FAIL or REVERT');
    end(platform, batch);
    return { status: 200 };
  }

  const base = '/data/foundation/import/batches';
  return [
    { method: 'POST', pattern: base, name: 'create', guard: 'gateway', handle: create },
    { method: 'POST', pattern: `${base}/{batch}`, name: 'action', guard: 'gateway', handle: act },
  ];
}

/** Ids may come bare, as `$id` or as `${id}`: the documents show all three. */
function bareId(id: string): string {
  return /^\$\{(.+)\}$/.exec(id)?.[1] ?? (id.startsWith('$') ? id.slice(1) : id);
}

function resolvedReplay(
  platform: Platform,
  datasetId: string,
  replay: NonNullable<CreateBody['replay']>,
): NonNullable<Batch['replay']> {
  const predecessors = (replay.predecessors ?? []).map(bareId);
  for (const id of predecessors) {
    if (platform.batches.get(id)?.datasetId !== datasetId)
      throw badRequest(`predecessor ${id} is no batch of the dataset`);
  }
  const byExternalId = replay.predecessorsByExternalId;
  const found = (byExternalId ?? []).flatMap((external) => {
    const matching = platform.batches.all().filter(matches(datasetId, external));
    if (matching.length === 0) throw badRequest(`no batch of the dataset has the externalId ${external}`);
    return matching.map((batch) => batch.id);
  });
  return {
    predecessors: [...new Set([...predecessors, ...found])],
    reason: replay.reason,
    ...(byExternalId === undefined ? {} : { predecessorsByExternalId: byExternalId }),
  };
}

const matches = (datasetId: string, externalId: string) => (batch: Batch) =>
  batch.datasetId === datasetId && batch.externalId === externalId;

/** Accepts the batch for processing; a second call finds it accepted and changes nothing. */
function complete(platform: Platform, batch: Batch): void {
  if (batch.status === 'aborted' || batch.status === 'abandoned')
    throw badRequest(`the batch is ${batch.status}`);
  if (batch.status !== 'loading') return;
  const outcome = platform.faults.forBatch();
  platform.batches.update(batch.id, { status: 'loaded', ...(outcome === undefined ? {} : { outcome }) });
  platform.ingestion.start(batch.id);
}

function abort(platform: Platform, batch: Batch): void {
  if (batch.status === 'aborted') return;
  requireLoading(batch);
  platform.batches.update(batch.id, { status: 'aborted', completed: platform.clock.now() });
}

function fail(platform: Platform, batch: Batch): void {
  if (batch.status === 'failed') return;
  requireLoading(batch);
  const errors = [{ code: 'INGEST-1002-400', description: 'The client has marked the batch as failed.' }];
  platform.batches.update(batch.id, { status: 'failed', errors, completed: platform.clock.now() });
}

/** Takes the batch's rows out of the dataset. */
function revert(platform: Platform, batch: Batch): void {
  if (batch.status === 'inactive' || batch.status === 'deleted') return;
  if (batch.status !== 'success')
    throw badRequest(`the batch is ${batch.status}, only a successful one can be reverted`);
  platform.batches.update(batch.id, { status: 'inactive' });
}

/** @throws {ReplyError} 400 once the batch has left `loading`, 404 when there is none. */
export function requireLoading(batch: Batch): void {
  if (batch.status !== 'loading') throw badRequest(`the batch is ${batch.status} and takes no more changes`);
}

/** @throws {ReplyError} 404 when the batch is not one of that dataset. */
export function loadingBatch(platform: Platform, exchange: Exchange): Batch {
  const batch = batchOf(platform, exchange.param('batch'));
  if (batch.datasetId !== exchange.param('dataset')) throw notFound('the batch is not one of that dataset');
  requireLoading(batch);
  return batch;
}
