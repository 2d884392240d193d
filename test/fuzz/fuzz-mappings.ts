import { readFileSync } from 'node:fs';
import { createRecordOfLine } from '../../functions/load-window/record-of-line.ts';
import { createUsualLines, type UsualLines } from '../../functions/load-window/usual-lines.ts';
import { ConfigError } from '../../functions/shared/errors.ts';
import {
  type CompiledMapping,
  type CompileOptions,
  compileMapping,
  parseExactJson,
  parseMappingSet,
} from '../../functions/shared/mapping/index.ts';
import { calls, eventArbitraries, expressionPieces } from '../support/mapping-arbitraries.ts';
import fc from '../support/seeded-fast-check.ts';

export interface FuzzOptions {
  /** How many records to map. */
  readonly records: number;
  /** The same seed makes the same mappings and records. */
  readonly seed: number;
  /** Called now and then with the number of records mapped so far. */
  readonly onProgress?: (records: number) => void;
}

export interface FuzzResult {
  readonly records: number;
  /** Mapping sets made up, those refused with reasons not among them. */
  readonly sets: number;
  readonly refused: number;
  /** Records that were read both ways, and gave the same. */
  readonly usual: number;
  readonly withErrors: number;
  readonly rejected: number;
}

/** Records for one mapping set: compiling a set takes as long as mapping a hundred. */
const recordsPerSet = 500;

const shipped = ['default', 'adobe-mixpanel-source'].map((name) =>
  readFileSync(new URL(`../../mappings/${name}.json`, import.meta.url), 'utf8'),
);
const readNames = [...shipped.join().matchAll(/properties\.([$\w]+)/g)].flatMap(([, name]) => name ?? []);
const { names, values } = eventArbitraries(readNames);

/** Values as JSON text, numbers in spellings of their own that JSON.stringify would not give. */
const valueTexts = fc.oneof(
  { weight: 4, arbitrary: values.map((value) => JSON.stringify(value)) },
  fc.constantFrom('12345678901234567890', '-9007199254740993', '1e400', '1E5', '-0.0', '5e-324', '1.10'),
  fc.constantFrom('"\\u00e9"', '"\\ud83d"', '"a\\/b"', '" "', '[12345678901234567890,{"":null}]'),
);
const objectTexts = (keys: fc.Arbitrary<string>) =>
  fc
    .array(fc.tuple(keys, valueTexts), { maxLength: 20 })
    .map((members) => `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`);

/** Most lines have a time that can be read, or nearly all records would be rejected for the lack of it. */
const withTime = (properties: string) =>
  properties.length > 2 ? `{"time":1772953200,${properties.slice(1)}` : properties;

/** Lines of an export, records of any other form, and texts that are no record. */
const lines = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(valueTexts, objectTexts(fc.oneof(names, fc.constantFrom('time', '$insert_id'))).map(withTime))
      .map(
        ([event, properties]) =>
          `{"event":${event.startsWith('"') ? event : '"e"'},"properties":${properties}}`,
      ),
  },
  { weight: 3, arbitrary: objectTexts(fc.constantFrom('a', 'list', 'o', 'event', 'properties', 'data')) },
  valueTexts,
  fc.string({ unit: 'binary' }),
);

const sources = fc.oneof(
  calls.map((source) => ({ sourceType: 'EXPRESSION', source })),
  fc
    .array(expressionPieces, { maxLength: 8 })
    .map((pieces) => ({ sourceType: 'EXPRESSION', source: pieces.join(' ') })),
  fc
    .constantFrom(
      'event',
      'properties',
      'data',
      'connector.id',
      'a[0]',
      'list[*].k',
      'o',
      'properties.$browser',
    )
    .map((source) => ({ sourceType: 'ATTRIBUTE', source })),
  fc.constant({ sourceType: 'EXPRESSION', source: 'mixpanel_other_properties(properties, "$browser")' }),
);
const destinations = fc.constantFrom(
  ...['_id', 'timestamp', 'eventType', 'x', 'x.y', 'x[0]', 'x[*].z', 'identityMap', 'web.webPageDetails.URL'],
  ...['environment.viewportHeight', 'commerce.order.priceTotal', '_acme.mixpanel.properties', '__proto__.z'],
);
const ruleSets = fc
  .array(
    fc.tuple(sources, destinations).map(([source, destination]) => ({ ...source, destination })),
    { minLength: 1, maxLength: 6 },
  )
  .map((mappings) => JSON.stringify({ mappings }));

const time = { timestamps: 'project', zone: 'Europe/Madrid' } as const;
const origin = { source: 's', projectId: '1', date: '2026-03-08', run: 'r' };
const recordOf = createRecordOfLine(time, origin);

/**
 * Maps records of all kinds with mapping sets of all kinds.
 *
 * @throws with mapping set and record, made as small as can be, when a mapping throws or contradicts itself.
 */
export function fuzzMappings({ records, seed, onProgress }: FuzzOptions): FuzzResult {
  const counts = { records: 0, sets: 0, refused: 0, usual: 0, withErrors: 0, rejected: 0 };
  const tryLine = (mapping: CompiledMapping, usual: UsualLines | undefined, line: string) => {
    const bytes = Buffer.from(line);
    const event = recordOf(bytes);
    const { text, errors, rejected } = mapping.map(event ?? jsonOf(line));
    const divided = event && usual?.recordOf(bytes);
    if (divided !== undefined) {
      counts.usual += 1;
      const again = mapping.map(divided);
      if (
        JSON.stringify([again.text, again.errors, again.rejected]) !==
        JSON.stringify([text, errors, rejected])
      )
        throw new Error(`read as a usual line it gives another row: ${again.text} and not ${text}`);
    }
    counts.records += 1;
    if (errors.length > 0) counts.withErrors += 1;
    if (rejected.length > 0) counts.rejected += 1;
    if ((text === undefined) !== rejected.length > 0) throw new Error('rejected, and yet a row');
    if (text !== undefined) JSON.parse(text);
    const failed = errors.find(({ message }) => message === 'the expression failed');
    if (failed !== undefined) throw new Error(`rule ${failed.rule} failed by a fault of the engine`);
  };
  for (let round = 0; counts.records < records; round += 1) {
    const roundSeed = seed + round;
    const own = shipped[round % 6];
    const set = own ?? fc.sample(ruleSets, { numRuns: 1, seed: roundSeed })[0] ?? '';
    const mapping = compileOrRefuse(set, own === undefined ? { requires: 'nothing' } : { profile: true });
    if (mapping === undefined) {
      counts.refused += 1;
      continue;
    }
    counts.sets += 1;
    const usual = createUsualLines(mapping, time, origin);
    const numRuns = Math.min(recordsPerSet, records - counts.records);
    try {
      fc.assert(
        fc.property(lines, (line) => tryLine(mapping, usual, line)),
        { numRuns, seed: roundSeed },
      );
    } catch (cause) {
      throw new Error(`with the mapping set ${set}`, { cause });
    }
    onProgress?.(counts.records);
  }
  return counts;
}

function compileOrRefuse(text: string, options: CompileOptions): CompiledMapping | undefined {
  try {
    // The same time and ids whenever a record is mapped: each is mapped twice.
    const repeatable = { clock: () => 1_800_000_000_000, uuid: () => 'u', ...options };
    return compileMapping(parseMappingSet(text, { variables: { TENANT: 'acme' } }), repeatable);
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw new Error(`compiling the mapping set ${text}`, { cause: error });
  }
}

/** A text that is no JSON is a record too: a mapping takes any value. */
function jsonOf(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    return text;
  }
}
