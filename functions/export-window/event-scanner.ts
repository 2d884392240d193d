import * as z from 'zod';
import { address, callable, instantiate } from '../shared/json-scanner/instantiate.ts';
import { scanEventModule } from '../shared/json-scanner/scan-event.wasm.ts';
import { createSlotReader } from '../shared/json-scanner/slots.ts';
import type { IdentifiedEvent } from '../shared/record-identity.ts';

/** The part of an event that exporting reads. All else is stored without being looked at. */
export interface EventFacts extends IdentifiedEvent {
  readonly properties: IdentifiedEvent['properties'] & {
    readonly mp_processing_time_ms?: unknown;
    readonly $mp_api_timestamp_ms?: unknown;
    readonly $import?: unknown;
  };
}

const names = [
  'time',
  '$insert_id',
  '$distinct_id_before_identity',
  'distinct_id',
  'mp_processing_time_ms',
  '$mp_api_timestamp_ms',
  '$import',
] as const;
/** The event's own name comes first. */
const place = (name: (typeof names)[number]) => names.indexOf(name) + 1;
const places = {
  event: 0,
  time: place('time'),
  insertId: place('$insert_id'),
  distinctIdBefore: place('$distinct_id_before_identity'),
  distinctId: place('distinct_id'),
  processed: place('mp_processing_time_ms'),
  apiTimestamp: place('$mp_api_timestamp_ms'),
  imported: place('$import'),
} as const;

/** What the module offers: functions, and addresses and sizes in its memory. */
const scannerModule = z.object({
  memory: z.object({ buffer: z.instanceof(ArrayBuffer) }),
  capacity: address,
  lineAt: address,
  namesAt: address,
  nameBytes: address,
  slotsAt: address,
  slotBytes: address,
  setNames: callable<(count: number) => void>(),
  scanEvent: callable<(length: number) => number>(),
});

const scanner = openScanner();

/**
 * Reads the line of an event of the usual form, as nearly all are.
 *
 * @returns undefined for any other line, be it an event or not: then the line is to be read in the general way.
 */
export function scanEvent(line: Buffer): EventFacts | undefined {
  if (!scanner.accepts(line)) return undefined;
  const event = scanner.value(places.event);
  if (typeof event !== 'string') return undefined;
  return {
    event,
    properties: {
      time: scanner.value(places.time),
      $insert_id: scanner.value(places.insertId),
      $distinct_id_before_identity: scanner.value(places.distinctIdBefore),
      distinct_id: scanner.value(places.distinctId),
      mp_processing_time_ms: scanner.value(places.processed),
      $mp_api_timestamp_ms: scanner.value(places.apiTimestamp),
      $import: scanner.value(places.imported),
    },
  };
}

/** Compiled when a function starts, in about a millisecond; nothing it needs is outside of it. */
function openScanner() {
  const module = scannerModule.parse(instantiate(scanEventModule));
  const { capacity, lineAt } = module;
  const memory = Buffer.from(module.memory.buffer);
  for (const [index, name] of names.entries()) {
    const at = module.namesAt + index * module.nameBytes;
    memory.writeUInt32LE(name.length, at);
    memory.write(name, at + 4, 'latin1');
  }
  module.setNames(names.length);

  return {
    accepts(line: Buffer): boolean {
      if (line.length > capacity) return false;
      memory.set(line, lineAt);
      return module.scanEvent(line.length) === 1;
    },
    /** A value of the line accepted last, as JSON.parse has it. */
    value: createSlotReader<unknown>({
      ...module,
      memory,
      textAt: (from, to) => memory.toString('latin1', from, to),
      otherAt: (from, to) => JSON.parse(memory.toString('utf8', from, to)),
    }),
  };
}
