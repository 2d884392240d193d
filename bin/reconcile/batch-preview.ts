import * as z from 'zod';
import type { PlatformClient } from '../../functions/shared/platform/platform-client.ts';
import { parseAnswer } from '../../functions/shared/vendor-request.ts';

/** A value of a row that a preview shows, and where in the row it is. */
export interface ShownValue {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** A row that a preview shows. */
export type ShownRow = readonly ShownValue[];

export interface PreviewAsked {
  readonly batchId: string;
  readonly datasetId: string;
  /** As the batch was made with: `platform.wire.format`. */
  readonly format: string;
  readonly rows: number;
}

const columnSchema = z.looseObject({ cid: z.coerce.string(), name: z.string() });
const previewSchema = z.looseObject({
  preview: z.looseObject({
    columns: z.array(z.unknown()).default([]),
    rows: z.array(z.record(z.string(), z.unknown())).default([]),
  }),
});

/**
 * The first rows of a batch, as far as Platform shows them: it decides which, and how many.
 *
 * @returns none where Platform has no preview of the batch any more.
 * @throws as `PlatformClient.send`.
 */
export async function readPreview(
  client: PlatformClient,
  { batchId, datasetId, format, rows }: PreviewAsked,
): Promise<readonly ShownRow[]> {
  const path = `/data/foundation/import/batches/${encodeURIComponent(batchId)}/datasets/${encodeURIComponent(datasetId)}/preview`;
  const act = "reading a batch's preview";
  const query = new URLSearchParams({ format, nrow: String(rows) });
  const answer = await client.send({ act, method: 'GET', path: `${path}?${query}`, expect: [404] });
  if (answer.status === 404) return [];
  const { preview } = parseAnswer(previewSchema, answer.text, act);
  const names = new Map(
    preview.columns.flatMap((column) => {
      const { data } = columnSchema.safeParse(column);
      return data === undefined ? [] : [[data.cid, data.name] as const];
    }),
  );
  return preview.rows.map((row) => valuesOf(row, names));
}

/**
 * The description of the call has a row's values as text by the ids of columns, which are named by paths with slashes;
 * how rows of JSON are shown no document says, so a row of the row's own fields is read as well.
 */
function valuesOf(row: Readonly<Record<string, unknown>>, names: ReadonlyMap<string, string>): ShownRow {
  return Object.entries(row)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => ({ path: names.get(key)?.split('/') ?? [key], value }));
}
