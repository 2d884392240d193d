import { randomUUID } from 'node:crypto';
import { createWriteStream, renameSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Batch } from '../batch.ts';
import type { Exchange } from '../exchange.ts';
import {
  initialize,
  parseRange,
  pieceLocation,
  putTogether,
  rangesOf,
  requireInitialized,
} from '../large-files.ts';
import type { Platform } from '../platform.ts';
import { badRequest, ok, problem, type Reply } from '../reply.ts';
import type { Route } from '../router.ts';
import { batchOf } from '../views.ts';
import { loadingBatch, requireLoading } from './import.ts';

/** Largest piece of a large file. */
const maxRangeBytes = 512_000_000;

/** Uploading the files of a batch: whole, or in pieces that are put together at the end. */
export function fileRoutes(platform: Platform): Route[] {
  async function put(exchange: Exchange): Promise<Reply> {
    const { batch, location } = upload(platform, exchange);
    await receive(platform, exchange, { batch, location, maxBytes: platform.settings.maxFileBytes });
    return { status: 200 };
  }

  async function act(exchange: Exchange): Promise<Reply> {
    exchange.allowQuery('action');
    const { batch, location } = target(platform, exchange);
    const action = (exchange.query('action') ?? '').toUpperCase();
    if (action === 'INITIALIZE') {
      await initialize(location);
      return { status: 201 };
    }
    if (action !== 'COMPLETE') throw badRequest('action must be INITIALIZE or COMPLETE');
    const sizeInBytes = await putTogether(location, () => requireLoading(batchOf(platform, batch.id)));
    return ok({ name: exchange.param('path'), sizeInBytes });
  }

  async function patch(exchange: Exchange): Promise<Reply> {
    const { batch, location } = upload(platform, exchange);
    const range = parseRange(exchange.header('content-range'));
    await requireInitialized(location);
    const piece = pieceLocation(location, range);
    const maxBytes = range.end - range.start + 1;
    const bytes = await receive(platform, exchange, { batch, location: piece, maxBytes });
    if (bytes === maxBytes) return { status: 200, headers: { range: `bytes=${range.start}-${range.end}` } };
    await rm(piece);
    throw badRequest('the body is not as long as its Content-Range');
  }

  async function head(exchange: Exchange): Promise<Reply> {
    const { location } = target(platform, exchange);
    await requireInitialized(location);
    const ranges = (await rangesOf(location)).map(({ start, end }) => `${start}-${end}`);
    return { status: 200, headers: { range: `bytes=${ranges.join(',')}` } };
  }

  const base = '/data/foundation/import/batches/{batch}/datasets/{dataset}';
  const file = { pattern: `${base}/files/{path...}`, guard: 'gateway' } as const;
  return [
    { ...file, method: 'PUT', name: 'put', handle: put },
    { ...file, method: 'POST', name: 'large', handle: act },
    { ...file, method: 'PATCH', name: 'large', handle: patch },
    { ...file, method: 'HEAD', name: 'large', handle: head },
  ];
}

/** The file that a request is about. @throws {ReplyError} when its batch takes no files, or its path cannot be kept. */
function target(platform: Platform, exchange: Exchange): { batch: Batch; location: string } {
  const batch = loadingBatch(platform, exchange);
  const location = platform.batches.fileLocation(batch.id, exchange.param('path'));
  if (location === undefined) throw badRequest('the path is too long');
  const parts = exchange.param('path').split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    throw badRequest('the path is not valid');
  return { batch, location };
}

function upload(platform: Platform, exchange: Exchange): { batch: Batch; location: string } {
  const found = target(platform, exchange);
  if (exchange.mediaType() === 'application/octet-stream') return found;
  throw problem(415, 'UnsupportedMediaType', 'the content type must be application/octet-stream');
}

interface Upload {
  readonly batch: Batch;
  readonly location: string;
  readonly maxBytes: number;
}

/** Streams a body to its place, where it appears whole or not at all; how many bytes it had. */
async function receive(
  platform: Platform,
  exchange: Exchange,
  { batch, location, maxBytes }: Upload,
): Promise<number> {
  const limit = Math.min(maxBytes, maxRangeBytes);
  const tooLarge = () => problem(413, 'PayloadTooLargeError', `a body may have ${limit} bytes`);
  if (Number(exchange.header('content-length') ?? 0) > limit) throw tooLarge();
  const draft = platform.batches.folder(batch.id, `${randomUUID()}.upload`);
  await mkdir(dirname(location), { recursive: true });
  let bytes = 0;
  const counted = async function* (source: AsyncIterable<Buffer>) {
    for await (const piece of source) {
      bytes += piece.length;
      if (bytes > limit) throw tooLarge();
      yield piece;
    }
  };
  try {
    await pipeline(exchange.bytes(), counted, createWriteStream(draft));
    // The batch may have been completed while the body was on its way; nothing may come between this and the next step.
    requireLoading(batchOf(platform, batch.id));
    renameSync(draft, location);
  } finally {
    await rm(draft, { force: true });
  }
  platform.counts.uploadedBytes += bytes;
  return bytes;
}
