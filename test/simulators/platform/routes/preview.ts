import { createReadStream } from 'node:fs';
import type { Exchange } from '../exchange.ts';
import { isObject, type JsonObject, parseJson } from '../json.ts';
import type { Platform } from '../platform.ts';
import { badRequest, notFound, ok, type Reply } from '../reply.ts';
import type { Route } from '../router.ts';
import { splitLines } from '../split-rows.ts';
import { batchOf } from '../views.ts';

/** What the description of the call has; anything else is refused. */
const parameters = [
  'format',
  'isMultiLineJson',
  'delimiter',
  'quote',
  'escape',
  'charset',
  'header',
  'nrow',
] as const;

/** The first rows of the files that were uploaded to a batch. */
export function previewRoutes(platform: Platform): Route[] {
  async function preview(exchange: Exchange): Promise<Reply> {
    exchange.allowQuery(...parameters);
    const batch = batchOf(platform, exchange.param('batch'));
    if (batch.datasetId !== exchange.param('dataset')) throw notFound('the batch is not one of that dataset');
    if (exchange.query('format') !== batch.format) throw badRequest('format must be that of the batch');
    const { previewRows, previewForm } = platform.settings;
    // Its default is documented as 0: as many as Platform likes.
    const asked = exchange.wholeNumber('nrow', 0, 0, 2 ** 31 - 1) || previewRows;
    const rows = await firstRows(platform, batch.id, Math.min(asked, previewRows));
    const shown = previewForm === 'columns' ? inColumns(rows) : asObjects(rows);
    return ok({ formatParams: { format: batch.format }, preview: shown });
  }

  return [
    {
      method: 'GET',
      pattern: '/data/foundation/import/batches/{batch}/datasets/{dataset}/preview',
      name: 'preview',
      guard: 'gateway',
      handle: preview,
    },
  ];
}

async function firstRows(platform: Platform, batchId: string, count: number): Promise<JsonObject[]> {
  const rows: JsonObject[] = [];
  for (const { location } of platform.batches.files(batchId)) {
    for await (const lines of splitLines(createReadStream(location))) {
      rows.push(...lines.map((line) => parseJson(line?.toString('utf8') ?? '')).filter(isObject));
      if (rows.length >= count) return rows.slice(0, count);
    }
  }
  return rows;
}

function asObjects(rows: readonly JsonObject[]) {
  return { columns: [...new Set(rows.flatMap((row) => Object.keys(row)))], rows };
}

/** As the description has it: columns with ids, named by paths; rows of text by column id. */
function inColumns(rows: readonly JsonObject[]) {
  const flat = rows.map((row) => new Map(leavesOf(row, '')));
  const names = [...new Set(flat.flatMap((row) => [...row.keys()]))];
  return {
    columns: names.map((name, index) => ({ cid: String(index), name })),
    rows: flat.map((row) =>
      Object.fromEntries(
        names.flatMap((name, index) => (row.has(name) ? [[String(index), row.get(name)]] : [])),
      ),
    ),
  };
}

/** Each value that is no object, as text. */
function leavesOf(value: JsonObject, prefix: string): [string, string][] {
  return Object.entries(value).flatMap(([name, inner]) => {
    if (isObject(inner)) return leavesOf(inner, `${prefix}${name}/`);
    return [[`${prefix}${name}`, typeof inner === 'string' ? inner : JSON.stringify(inner)]];
  });
}
