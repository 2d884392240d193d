import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Exchange } from '../exchange.ts';
import type { Platform } from '../platform.ts';
import { notFound, ok, type Reply } from '../reply.ts';
import type { Route } from '../router.ts';
import { batchOf, exportUrl } from '../views.ts';

/** Files of one page, at most and unless asked otherwise. */
const pageSize = 100;

interface ListedFile {
  readonly name: string;
  readonly bytes: number;
  readonly href: string;
}

/**
 * Data Access, as far as errors are concerned: row errors and input files of a batch, and the rows of a failed one. The
 * API is marked deprecated, so a setting can take all of it away.
 */
export function exportRoutes(platform: Platform): Route[] {
  async function meta(exchange: Exchange): Promise<Reply> {
    const batch = batchOf(platform, exchange.param('batch'));
    const path = exchange.query('path') ?? '';
    const hrefOf = (name: string) =>
      `${exportUrl(platform, batch.id, 'meta')}?path=${encodeURIComponent(name)}`;
    if (path === '') return directory(['row_errors', 'input_files'], hrefOf);
    if (path === 'row_errors') return listing(exchange, await rowErrors(platform, batch.id, hrefOf));
    if (path === 'input_files') {
      const files = platform.batches.files(batch.id);
      const listed = files.map(({ path: name, bytes }) => ({
        name,
        bytes,
        href: hrefOf(`input_files/${name}`),
      }));
      return listing(exchange, listed);
    }
    const name = /^row_errors\/([^/]+)$/.exec(path)?.[1];
    if (name === undefined || !batch.diagnostics) throw notFound(`there is no ${path}`);
    return download(platform.batches.folder(batch.id, 'row_errors'), name);
  }

  async function failed(exchange: Exchange): Promise<Reply> {
    const batch = batchOf(platform, exchange.param('batch'));
    const folder = platform.batches.folder(batch.id, 'failed');
    const path = exchange.query('path');
    if (path !== undefined) return download(folder, path);
    const base = exportUrl(platform, batch.id, 'failed');
    return listing(exchange, await filesIn(folder, (name) => `${base}?path=${encodeURIComponent(name)}`));
  }

  async function files(exchange: Exchange): Promise<Reply> {
    const batch = batchOf(platform, exchange.param('batch'));
    const dataSetFileId = `${batch.id}-1`;
    const href = `${platform.url}/data/foundation/export/files/${dataSetFileId}`;
    const data =
      batch.activation === undefined
        ? []
        : [{ dataSetFileId, dataSetViewId: batch.datasetId, _links: { self: { href } } }];
    return ok({ data, _page: { limit: pageSize, count: data.length } });
  }

  async function file(exchange: Exchange): Promise<Reply> {
    const batch = batchOf(platform, exchange.param('file').replace(/-1$/, ''));
    const folder = platform.batches.folder(batch.id);
    if (exchange.query('path') !== undefined) return download(folder, 'rows.ndjson');
    const href = `${platform.url}/data/foundation/export/files/${exchange.param('file')}?path=rows.ndjson`;
    const found = await filesIn(folder, () => href);
    return listing(
      exchange,
      found.filter((entry) => entry.name === 'rows.ndjson'),
    );
  }

  const base = '/data/foundation/export';
  const guarded = (handle: Route['handle']) => (exchange: Exchange) => {
    if (!platform.settings.dataAccess) throw notFound('the Data Access API has been switched off');
    return handle(exchange);
  };
  const route = { method: 'GET', name: 'export', guard: 'gateway' } as const;
  return [
    { ...route, pattern: `${base}/batches/{batch}/meta`, handle: guarded(meta) },
    { ...route, pattern: `${base}/batches/{batch}/failed`, handle: guarded(failed) },
    { ...route, pattern: `${base}/batches/{batch}/files`, handle: guarded(files) },
    { ...route, pattern: `${base}/files/{file}`, handle: guarded(file) },
  ];
}

async function rowErrors(
  platform: Platform,
  id: string,
  hrefOf: (name: string) => string,
): Promise<ListedFile[]> {
  // Without diagnostics nothing is kept for the client to read.
  if (!batchOf(platform, id).diagnostics) return [];
  return filesIn(platform.batches.folder(id, 'row_errors'), (name) => hrefOf(`row_errors/${name}`));
}

async function filesIn(folder: string, hrefOf: (name: string) => string): Promise<ListedFile[]> {
  const names: string[] = await readdir(folder).catch(() => []);
  // By number, not by text: file 10 comes after file 9.
  names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return Promise.all(
    names.map(async (name) => ({ name, bytes: (await stat(join(folder, name))).size, href: hrefOf(name) })),
  );
}

function directory(names: readonly string[], hrefOf: (name: string) => string): Reply {
  const data = names.map((name) => ({ name, length: '0', _links: { self: { href: hrefOf(name) } } }));
  return ok({ data, _page: { limit: pageSize, count: data.length } });
}

function listing(exchange: Exchange, all: readonly ListedFile[]): Reply {
  const limit = exchange.wholeNumber('limit', pageSize, 1, pageSize);
  const start = exchange.wholeNumber('start', 0, 0, Number.MAX_SAFE_INTEGER);
  const data = all
    .slice(start, start + limit)
    .map(({ name, bytes, href }) => ({ name, length: String(bytes), _links: { self: { href } } }));
  return ok({ data, _page: { limit, count: all.length } });
}

async function download(folder: string, name: string): Promise<Reply> {
  const known: string[] = await readdir(folder).catch(() => []);
  if (!known.includes(name)) throw notFound(`there is no ${name}`);
  const stream = createReadStream(join(folder, name));
  return { status: 200, headers: { 'content-type': 'application/octet-stream' }, stream };
}
