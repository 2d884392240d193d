import * as z from 'zod';
import { parseAnswer, shortened } from '../vendor-request.ts';
import type { PlatformClient } from './platform-client.ts';
import type { WireSettings } from './wire.ts';

/** A row that Platform did not take. */
export interface RefusedRow {
  /** Platform's codes and words. */
  readonly reason: string;
  /** Its `_id`; undefined where Platform could not read the row and shows too little of it. */
  readonly id: string | undefined;
  /** The uploaded file that it came in, where Platform says so. */
  readonly file: string | undefined;
  /** As Platform gives it back, without what it added; one JSON value. */
  readonly row: string;
}

/** Reads which rows of a batch Platform refused, and why. */
export interface RefusedRows {
  /**
   * As far as Platform still offers it: none for a batch that is too old, or where the API is no more.
   *
   * @throws as `PlatformClient.send`.
   */
  read(batchId: string, signal: AbortSignal): Promise<readonly RefusedRow[]>;
}

/** More than a person looks at, and some 100 MB at the most, should each be as large as Profile allows. */
const maxRows = 10_000;
/** The API lists up to 100 files a page; the first twenty hold more than enough rows. */
const maxFiles = 20;
/** Of each file; what follows is not asked for. */
const maxBytesPerFile = 8 * 1024 * 1024;
/** Of one row's reason: a row may have as many errors as it has fields. */
const maxReasonLength = 1000;
/** Of one row; the reason has no room for more. */
const maxProblems = 20;

const listingSchema = z.looseObject({
  data: z.array(z.looseObject({ name: z.string().min(1) })).default([]),
});

const problemSchema = z.looseObject({ code: z.coerce.string().optional(), message: z.string().optional() });
const problems = z
  .array(z.unknown())
  .transform((all) => all.slice(0, maxProblems))
  .pipe(z.array(problemSchema));
const rowSchema = z.looseObject({
  _id: z.string().optional().catch(undefined),
  _errors: problems.optional().catch(undefined),
  _validationErrors: problems.optional().catch(undefined),
  _corrupt_record: z.string().optional().catch(undefined),
  _filename: z.string().optional().catch(undefined),
});

/**
 * From Data Access. Its part for row errors is marked deprecated without a replacement, so what can't be had is none.
 */
export function createRefusedRows(client: PlatformClient, wire: WireSettings): RefusedRows {
  const get = async (path: string, signal: AbortSignal) => {
    const answer = await client.send({
      act: 'reading which rows Platform refused',
      method: 'GET',
      path: `/data/foundation/export/batches/${path}`,
      expect: [404, 410],
      cutAtBytes: maxBytesPerFile,
      signal,
    });
    return answer.status < 300 ? answer.text : undefined;
  };
  /** The rows with errors of all files that a listing names. */
  const readAll = async (listing: string, pathOf: (name: string) => string, signal: AbortSignal) => {
    const text = await get(listing, signal);
    if (text === undefined) return [];
    const what = 'reading a list of refused rows';
    const { data } = parseAnswer(listingSchema, text, what);
    const rows: RefusedRow[] = [];
    for (const { name } of data.filter(({ name }) => !name.startsWith('_')).slice(0, maxFiles)) {
      if (rows.length >= maxRows) break;
      rows.push(...parseRows((await get(pathOf(name), signal)) ?? ''));
    }
    return rows.slice(0, maxRows);
  };
  return {
    async read(batchId, signal) {
      if (!wire.dataAccess) return [];
      const id = encodeURIComponent(batchId);
      const meta = `${id}/meta?path=`;
      const rows = await readAll(
        `${meta}row_errors`,
        (name) => `${meta}${encodeURIComponent(`row_errors/${name}`)}`,
        signal,
      );
      if (rows.length > 0) return rows;
      // A failed batch's files are kept whole, good rows among the bad.
      return readAll(`${id}/failed`, (name) => `${id}/failed?path=${encodeURIComponent(name)}`, signal);
    },
  };
}

/** Lines that are no row, such as the last one of a file that was cut or one nested too deep to be written, are passed over. */
function parseRows(text: string): RefusedRow[] {
  return text.split('\n').flatMap((line) => {
    if (line === '') return [];
    try {
      const parsed = rowSchema.safeParse(JSON.parse(line));
      return parsed.success ? (refusedRow(parsed.data) ?? []) : [];
    } catch {
      return [];
    }
  });
}

function refusedRow(found: z.output<typeof rowSchema>): RefusedRow | undefined {
  const { _errors, _validationErrors, _corrupt_record: corrupt, _filename: file, ...row } = found;
  const problems = [...(_errors ?? []), ...(_validationErrors ?? [])];
  if (problems.length === 0 && corrupt === undefined) return undefined;
  const words = problems.map(({ code, message }) =>
    shortened(`${code ?? 'no code'}: ${message ?? 'no words'}`),
  );
  return {
    reason: words.join('; ').slice(0, maxReasonLength) || 'no reason given',
    id: row._id ?? (corrupt === undefined ? undefined : idIn(corrupt)),
    file,
    row: JSON.stringify(corrupt ?? row),
  };
}

/** The `_id` in the text of a row that Platform could not read, or shows only the beginning of. */
function idIn(text: string): string | undefined {
  const found = /"_id"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(text)?.[1];
  if (found === undefined) return undefined;
  try {
    return z.string().parse(JSON.parse(found));
  } catch {
    return undefined;
  }
}
