import * as z from 'zod';
import { divideLineModule } from '../../json-scanner/divide-line.wasm.ts';
import { address, callable, instantiate } from '../../json-scanner/instantiate.ts';
import { createSlotReader } from '../../json-scanner/slots.ts';
import { type JsonType, jsonTypes } from '../../property-profile.ts';
import { parseExactJson } from '../exact-json.ts';
import type { Value } from '../values/value.ts';

/** What becomes of the properties of a name. */
export interface NameUse {
  readonly name: string;
  /** -1 for none. */
  readonly place: number;
  /** What begins their member of the map of all others; empty for names that it leaves out. */
  readonly opening: string;
}

export interface LineDividerOptions {
  readonly places: number;
  /** Asked once for each name. @returns undefined for a name whose lines are to be read in the general way. */
  readonly useOf: (name: string) => NameUse | undefined;
  /** A value's text between quotes; empty where there is nothing to write. */
  readonly textOf: (value: Value) => string;
}

/** Divides lines by the module of assembly/divide-line.ts. */
export interface LineDivider {
  /** @returns whether the line is one of the usual form: then all below is about it. */
  divide(line: Buffer): boolean;
  event(): Value;
  valueAt(place: number): Value;
  /** Of the map of all others, without the last one's closing quote. */
  members(): string;
  /** The line counts. */
  count(): void;
  /** How often each name had each type, of the lines that counted. */
  counts(): { readonly name: string; readonly types: Partial<Record<JsonType, number>> }[];
}

/** What divideLine answers. */
const divided = 1;
const unknownName = 2;
/** Members of a name's entry. */
const entry = { text: 0, textLength: 4, opening: 8, openingLength: 12, place: 16 } as const;

const dividerModule = z.object({
  memory: z.object({ buffer: z.instanceof(ArrayBuffer) }),
  capacity: address,
  lineAt: address,
  slotBytes: address,
  namesAt: address,
  nameBytes: address,
  countsAt: address,
  maxNames: address,
  textsAt: address,
  textsBytes: address,
  placesAt: address,
  maxPlaces: address,
  membersAt: address,
  setPlaces: callable<(count: number) => void>(),
  addName: callable<() => void>(),
  divideLine: callable<(length: number) => number>(),
  unknownNameFrom: callable<() => number>(),
  unknownNameLength: callable<() => number>(),
  count: callable<() => void>(),
  membersLength: callable<() => number>(),
  membersAreAscii: callable<() => number>(),
});
type DividerModule = z.output<typeof dividerModule>;

/** @returns undefined where there are not so many places. */
export function createLineDivider(options: LineDividerOptions): LineDivider | undefined {
  const writeText = (from: number, to: number, at: number, room: number): number => {
    const text = options.textOf(parseExactJson(memory.toString('utf8', from, to)));
    return Buffer.byteLength(text) > room ? -1 : memory.write(text, at, 'utf8');
  };
  const module = dividerModule.parse(instantiate(divideLineModule, { 'divide-line': { writeText } }));
  if (options.places > module.maxPlaces) return undefined;
  const memory = Buffer.from(module.memory.buffer);
  const names = createNameTable(module, memory, options.useOf);
  /** The line, a byte to a character: its texts are parts of it. */
  let latin1 = '';
  module.setPlaces(options.places);

  const { lineAt, slotBytes, placesAt } = module;
  const valueIn = createSlotReader<Value>({
    memory,
    slotsAt: placesAt,
    slotBytes,
    textAt: (from, to) => latin1.slice(from - lineAt, to - lineAt),
    otherAt: (from, to) => parseExactJson(memory.toString('utf8', from, to)),
  });
  return {
    divide(line) {
      if (line.length > module.capacity) return false;
      memory.set(line, module.lineAt);
      let answer = module.divideLine(line.length);
      while (answer === unknownName) {
        const from = module.unknownNameFrom();
        if (!names.learn(memory.subarray(from, from + module.unknownNameLength()))) return false;
        answer = module.divideLine(line.length);
      }
      if (answer === divided) latin1 = line.toString('latin1');
      return answer === divided;
    },
    event: () => valueIn(0),
    valueAt: (place) => valueIn(place + 1),
    members() {
      const encoding = module.membersAreAscii() === 1 ? 'latin1' : 'utf8';
      return memory.toString(encoding, module.membersAt, module.membersAt + module.membersLength());
    },
    count: module.count,
    counts: names.counts,
  };
}

/** The names that the module knows, in its memory, from 1 on. */
function createNameTable(module: DividerModule, memory: Buffer, useOf: LineDividerOptions['useOf']) {
  const known: string[] = [];
  let textsTo = module.textsAt;
  const store = (text: Buffer): number => {
    const at = textsTo;
    memory.set(text, at);
    textsTo += text.length;
    return at;
  };
  return {
    /** @returns false for a name whose lines are to be read in the general way. */
    learn(bytes: Buffer): boolean {
      const use = useOf(bytes.toString('utf8'));
      if (use === undefined || known.length >= module.maxNames) return false;
      const text = Buffer.concat([quote, bytes, nameEnd]);
      const opening = Buffer.from(use.opening);
      if (textsTo + text.length + opening.length > module.textsAt + module.textsBytes) return false;
      const at = module.namesAt + (known.length + 1) * module.nameBytes;
      memory.writeUInt32LE(store(text), at + entry.text);
      memory.writeUInt32LE(text.length, at + entry.textLength);
      memory.writeUInt32LE(store(opening), at + entry.opening);
      memory.writeUInt32LE(opening.length, at + entry.openingLength);
      memory.writeInt32LE(use.place, at + entry.place);
      module.addName();
      known.push(use.name);
      return true;
    },
    counts() {
      return known.flatMap((name, index) => {
        const counts = module.namesAt + (index + 1) * module.nameBytes + module.countsAt;
        const types = jsonTypes
          .map((type, number) => [type, memory.readUInt32LE(counts + 4 * number)] as const)
          .filter(([, count]) => count > 0);
        return types.length === 0 ? [] : [{ name, types: Object.fromEntries(types) }];
      });
    },
  };
}

const quote = Buffer.from('"');
const nameEnd = Buffer.from('":');
