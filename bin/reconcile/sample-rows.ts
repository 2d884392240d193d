import * as z from 'zod';
import { forEachLine } from '../../functions/load-window/map-part.ts';
import type { OpenedMapping } from '../../functions/load-window/open-mapping.ts';
import { recordsOf } from '../../functions/load-window/run-records.ts';
import type { Manifest } from '../../functions/shared/manifest.ts';
import { partName } from '../../functions/shared/object-keys.ts';
import type { ObjectStore } from '../../functions/shared/object-store.ts';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import { readSuperseded } from '../../functions/shared/superseded.ts';
import type { ShownRow } from './batch-preview.ts';
import { differingFields } from './differing-fields.ts';

export interface SampleDeps {
  readonly settings: SourceSettings;
  readonly store: Pick<ObjectStore, 'getStream' | 'getText'>;
  readonly mapping: OpenedMapping['mapping'];
  /** Called as lines are read, and told how many. */
  readonly progress: (lines: number) => void;
}

export interface SampleAsked {
  readonly manifest: Manifest;
  /** How many of the run's first rows are looked for among the rows that are shown. */
  readonly rows: number;
  readonly shown: readonly ShownRow[];
}

/** A row that Platform shows otherwise than it was delivered. */
export interface DifferingRow {
  /** Of the run. @example part-00000 */
  readonly part: string;
  /** Of the part, from 1, as `sed -n` counts. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** Rows of a run beside those that Platform shows of its batch. */
export interface SampleResult {
  readonly shown: number;
  readonly same: number;
  readonly differing: readonly DifferingRow[];
  /** Of the run's first rows, those that Platform does not show: it shows what it likes, so this alone is no fault. */
  readonly notShown: number;
  /** Rows that Platform shows, and that the run does not give. */
  readonly notOfRun: number;
  /** Rows that Platform shows without an `_id`. */
  readonly withoutId: number;
}

const rowSchema = z.looseObject({ _id: z.string() });
const progressEvery = 10_000;

/**
 * Maps the run's lines again, in their order, until every row that is shown was found and the first ones were looked at.
 *
 * @throws {TerminalError} when a part is not what its manifest says.
 */
export async function sampleRows(deps: SampleDeps, asked: SampleAsked): Promise<SampleResult> {
  const { manifest, rows, shown } = asked;
  const wanted = new Map(
    shown.flatMap((row) => {
      const id = idOf(row);
      return id === undefined ? [] : [[id, row] as const];
    }),
  );
  const withId = wanted.size;
  const differing: DifferingRow[] = [];
  let seen = 0;
  let notShown = 0;
  let same = 0;
  const isDone = () => seen >= rows && wanted.size === 0;
  await forEachRow(deps, manifest, isDone, (row, part, line) => {
    const found = wanted.get(row._id);
    seen += 1;
    if (found === undefined) {
      if (seen <= rows) notShown += 1;
      return;
    }
    wanted.delete(row._id);
    const fields = differingFields(row, found);
    if (fields.length === 0) same += 1;
    else differing.push({ part, line, fields });
  });
  return {
    shown: shown.length,
    same,
    differing,
    notShown,
    notOfRun: wanted.size,
    withoutId: shown.length - withId,
  };
}

function idOf(row: ShownRow): string | undefined {
  const value = row.find(({ path }) => path.length === 1 && path[0] === '_id')?.value;
  return typeof value === 'string' ? value : undefined;
}

type TakeRow = (row: z.output<typeof rowSchema>, part: string, line: number) => void;

async function forEachRow(
  { settings, store, mapping, progress }: SampleDeps,
  manifest: Manifest,
  isDone: () => boolean,
  take: TakeRow,
): Promise<void> {
  const recordOf = recordsOf({ settings }, manifest);
  const superseded = await readSuperseded(store, manifest, [...manifest.parts.keys()]);
  let lines = 0;
  for (const [index, part] of manifest.parts.entries()) {
    if (isDone()) return;
    const enough = new AbortController();
    const takeLine = (line: Buffer, number: number) => {
      if (isDone()) return undefined;
      lines += 1;
      if (lines % progressEvery === 0) progress(lines);
      const record = superseded.get(index)?.has(number) === true ? undefined : recordOf(line);
      const text = record === undefined ? undefined : mapping.map(record).text;
      if (text === undefined) return undefined;
      take(rowSchema.parse(JSON.parse(text)), partName(index), number + 1);
      if (isDone()) enough.abort();
      return undefined;
    };
    try {
      await forEachLine(await store.getStream(part.key), part, takeLine, enough.signal);
    } catch (error) {
      // Stopped by us, in the midst of a part.
      if (!enough.signal.aborted) throw error;
    }
  }
}
