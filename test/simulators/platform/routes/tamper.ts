import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import type { Exchange } from '../exchange.ts';
import { isObject, parseJson } from '../json.ts';
import type { Platform } from '../platform.ts';
import type { Reply } from '../reply.ts';
import type { Route } from '../router.ts';
import { batchOf } from '../views.ts';

const tamperBody = z.strictObject({
  /** Counts that Catalog names from now on. */
  metrics: z.record(z.string(), z.int().min(0)).optional(),
  /** A field of the first rows, in the uploads and in the dataset, which gets another value; null takes it away. */
  rows: z.strictObject({ field: z.string().min(1), value: z.unknown(), count: z.int().min(1) }).optional(),
});

/** What nobody may do to a batch by Platform's API: how a client shall find out that something is not as it was sent. */
export function tamperRoutes(platform: Platform): Route[] {
  async function tamper(exchange: Exchange): Promise<Reply> {
    const batch = batchOf(platform, exchange.param('batch'));
    const { metrics, rows } = await exchange.json(tamperBody);
    if (metrics !== undefined)
      platform.batches.update(batch.id, { metrics: { ...batch.metrics, ...metrics } });
    if (rows !== undefined) {
      const uploads = platform.batches.files(batch.id).map(({ location }) => location);
      for (const file of [...uploads.slice(0, 1), platform.batches.folder(batch.id, 'rows.ndjson')])
        if (existsSync(file)) change(file, rows);
    }
    return { status: 204 };
  }

  return [
    { method: 'POST', pattern: '/_sim/batches/{batch}/tamper', name: '_sim', guard: 'none', handle: tamper },
  ];
}

function change(file: string, { field, value, count }: NonNullable<z.output<typeof tamperBody>['rows']>) {
  const lines = readFileSync(file, 'utf8').split('\n');
  const changed = lines.map((line, index) => {
    const row = parseJson(line);
    if (index >= count || !isObject(row)) return line;
    const { [field]: _, ...others } = row;
    return JSON.stringify(value === null ? others : { ...others, [field]: value });
  });
  writeFileSync(file, changed.join('\n'));
}
