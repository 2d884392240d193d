import { readFileSync } from 'node:fs';
import { parseLine } from '../../functions/export-window/parse-line.ts';
import { createRecordOfLine } from '../../functions/load-window/record-of-line.ts';
import { createUsualLines } from '../../functions/load-window/usual-lines.ts';
import { ConnectorError, describeError } from '../../functions/shared/errors.ts';
import { compileMapping, parseMappingSet } from '../../functions/shared/mapping/index.ts';
import { createLineScanner } from '../../functions/shared/ndjson.ts';
import { personIds } from '../../functions/shared/person-ids.ts';
import { createPrivacyFilter } from '../../functions/shared/privacy.ts';
import { connectorId } from '../../functions/shared/record-identity.ts';
import { damaged, hush, objectTexts, valueTexts } from '../support/hostile-texts.ts';
import fc from '../support/seeded-fast-check.ts';

export interface FuzzOptions {
  readonly runs: number;
  /** The same seed makes the same input. */
  readonly seed: number;
}

/** How much was taken, and how much was refused with a reason. */
export interface FuzzCounts {
  taken: number;
  refused: number;
}

const text = readFileSync(new URL('../../mappings/default.json', import.meta.url), 'utf8');
const mapping = compileMapping(parseMappingSet(text, { variables: { TENANT: 'acme' } }), { profile: true });
const time = { timestamps: 'project', zone: 'Europe/Madrid' } as const;
const origin = { source: 's', projectId: '1', date: '2026-03-08', run: 'r' };
const recordOf = createRecordOfLine(time, origin);
const usual = createUsualLines(mapping, time, origin);
const dropIds = createPrivacyFilter({ drop: ['distinct_id', '$city'], hash: ['$browser'], key: 'key' });
const context = { source: 's', window: '2026-03-08' };

const names = [
  'time',
  '$insert_id',
  'distinct_id',
  '$distinct_id_before_identity',
  '$browser',
  '$city',
  'mp_lib',
];
const values = valueTexts(['1772953200', '1772953200123', '"2026-03-08T07:00:00"', '"id"', '"$device:1"']);
const events = fc
  .tuple(fc.oneof(fc.constant('"Signed up"'), values), objectTexts(names, values))
  .map(([event, properties]) => `{"event":${event},"properties":${properties}}`);
const bodies = fc.array(
  damaged(fc.oneof({ weight: 6, arbitrary: events }, objectTexts(['event', 'error'], values))),
  {
    minLength: 1,
    maxLength: 4,
  },
);

/**
 * Reads made-up bodies of exports as export and load do.
 *
 * @throws with the body, made as small as can be, when a reader throws what it must not, or two readers disagree.
 */
export function fuzzLines({ runs, seed }: FuzzOptions): FuzzCounts {
  const counts = { taken: 0, refused: 0 };
  fc.assert(
    fc.property(bodies, fc.integer({ min: 1, max: 400 }), (lines, size) => {
      const scanner = createLineScanner(1024 * 1024);
      const body = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
      for (let at = 0; at < body.length; at += size * 97)
        for (const line of scanner.push(body.subarray(at, at + size * 97))) tryLine(line, counts);
      if (scanner.end() !== undefined) throw new Error('the last line did not end');
    }),
    { numRuns: runs, seed },
  );
  return counts;
}

function tryLine(line: Buffer, counts: FuzzCounts): void {
  let event: ReturnType<typeof parseLine>;
  try {
    event = parseLine(line, 1, context);
  } catch (error) {
    if (!(error instanceof ConnectorError) || error.code !== 'export_incomplete') throw error;
    const words = describeError(error);
    if (words.length > 200 || words.includes(hush)) throw new Error(`it says too much: ${words}`);
    if (recordOf(line) !== undefined) throw new Error('export refuses what load takes');
    counts.refused += 1;
    return;
  }
  counts.taken += 1;
  personIds(line);
  const record = recordOf(line);
  if (record?.connector.id !== connectorId(event, line))
    throw new Error('export and load know it by another id');
  if (mapping.map(record).errors.some(({ message }) => message.includes(hush)))
    throw new Error('it shows a value');
  const divided = usual?.recordOf(line);
  if (divided !== undefined) mapping.map(divided);
  const kept = parseLine(dropIds(line), 1, context);
  for (const name of ['distinct_id', '$city'])
    if (Reflect.get(kept.properties, name) !== undefined) throw new Error(`${name} was kept`);
}
