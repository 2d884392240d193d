import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { compileMapping, parseMappingSet } from '../../functions/shared/mapping/index.ts';
import { fragmentsByChannel } from '../simulators/mixpanel/data/fragments.ts';
import { peopleOf } from '../simulators/mixpanel/data/people.ts';
import { mapByHand } from './hand-written-mapping.ts';

/**
 * Measures the default mapping against the same mapping written by hand, on events as the simulator makes them. Both
 * get the same parsed records and give the same bytes. Run with `npx tsx test/bench/mapping.ts`.
 */

const events = 20_000;
/** Rounds alternate between the two, so that a busy machine slows down both. */
const rounds = 9;

const connector = {
  id: '0123456789abcdef0123456789abcdef',
  timestamp: '2026-03-08T10:15:00.250Z',
  source: 'web',
  projectId: '42',
  date: '2026-03-08',
  run: '20260309T033000000Z-1f2e3d4c',
};

const eventSchema = z.object({ event: z.string(), properties: z.record(z.string(), z.unknown()) });

function makeLines(): string[] {
  const people = peopleOf(1, 500);
  const fragments = fragmentsByChannel(1);
  return Array.from({ length: events }, (_, index) => {
    const person = people[(index * 7919) % people.length];
    const kinds = person === undefined ? [] : fragments[person.channel];
    const kind = kinds[(index * 104_729) % kinds.length];
    if (person === undefined || kind === undefined) throw new Error('no events to measure with');
    const ids = `"time":${1_772_964_900 + index},"distinct_id":"$device:${person.deviceId}","$device_id":"${person.deviceId}"`;
    const user = person.userId === undefined ? '' : `,"$user_id":"${person.userId}"`;
    const vendor = `,"$insert_id":"${index.toString(36).padStart(16, 'k')}","mp_processing_time_ms":${1_772_964_900_000 + index}`;
    return `{"event":${kind.nameText},"properties":{${ids}${user}${vendor}${person.members}${kind.members}}}`;
  });
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const text = readFileSync(new URL('../../mappings/default.json', import.meta.url), 'utf8');
const mapping = compileMapping(parseMappingSet(text, { variables: { TENANT: 'acme' } }));
const lines = makeLines();
const records = lines.map((line) => {
  // Checked apart: the schema's copy would have other hidden classes than a parsed line has.
  eventSchema.parse(JSON.parse(line));
  const record: { event: string; properties: Record<string, unknown> } = JSON.parse(line);
  return record;
});

const compiled = () => {
  let bytes = 0;
  for (const { event, properties } of records)
    bytes += mapping.map({ event, properties, connector }).text?.length ?? 0;
  return bytes;
};
const byHand = () => {
  let bytes = 0;
  for (const { event, properties } of records) bytes += mapByHand(event, properties, connector).length;
  return bytes;
};

for (const { event, properties } of records) {
  const [ours, theirs] = [
    mapping.map({ event, properties, connector }).text,
    mapByHand(event, properties, connector),
  ];
  if (ours !== theirs) throw new Error(`the two differ:\n${ours}\n${theirs}`);
}

function timed(work: () => number): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e6;
}

const times = Array.from({ length: rounds }, () => ({ compiled: timed(compiled), byHand: timed(byHand) }));
const result = {
  events,
  inputBytes: lines.reduce((sum, line) => sum + line.length, 0),
  compiledPerSecond: Math.round((events * 1000) / median(times.map((round) => round.compiled))),
  byHandPerSecond: Math.round((events * 1000) / median(times.map((round) => round.byHand))),
  ratio: Number(median(times.map((round) => round.byHand / round.compiled)).toFixed(2)),
};
console.log(JSON.stringify(result));
