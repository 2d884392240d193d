import type { JsonType, PropertyProfile } from '../../property-profile.ts';
import { parseExactJson } from '../exact-json.ts';
import type { Value } from '../values/value.ts';
import { endOfNested, endOfString } from './json-ends.ts';
import { escaped } from './json-text.ts';
import { type Destiny, DividedProperties, maxKnownNames, type OtherProperties } from './other-properties.ts';

/**
 * Reads events from lines of an export, dividing their properties on the way: no object of all of them is made, and
 * what is only copied stays a part of the line. Half of what reading and mapping an event took went into such objects.
 *
 * The lines must be known to be JSON, as stored ones are: some that are not would be read all the same.
 */
export interface LineReader {
  /**
   * Reads a line of the usual form.
   *
   * @returns the event's name; undefined for any other line, which is to be read in the general way.
   */
  read(line: string): string | undefined;
  /** Those of the line read last. */
  readonly properties: DividedProperties;
  /** The values of the names that the reader was asked for, of the line read last: no list, object or bigint. */
  value(index: number): Value;
  /** Which properties the lines read so far had. */
  profile(): PropertyProfile;
}

interface KnownName extends Destiny {
  readonly name: string;
  /** `"name":`, as it stands in a line. */
  readonly text: string;
  /** The number of the line that had it last: a name that comes twice in one is nothing usual. */
  line: number;
  /** The name that came next the last time, and nearly always does again. */
  follower: KnownName | undefined;
  readonly counts: Record<JsonType, number>;
}

/** Longer names are cut in profiles, which is left to the general way. */
const maxNameLength = 255;
/** Names that JSON.parse gives another place than their own in the line. */
const outOfOrder = /^(?:\d+|__proto__)$/;
/** A whole number of so many digits is a number's own text. */
const maxPlainDigits = 15;
const opening = '{"event":"';
const middle = ',"properties":{';

const quote = 0x22;
const comma = 0x2c;
const minus = 0x2d;
const zero = 0x30;
const nine = 0x39;
const closeBrace = 0x7d;

/** @param names properties whose values the caller needs beside what the mapping reads. */
export function createLineReader(others: OtherProperties, names: readonly string[]): LineReader {
  return new Reader(others, names);
}

class Reader implements LineReader {
  readonly properties = new DividedProperties();
  private readonly others: OtherProperties;
  /** The mapping's names with a place, then those that the caller asked for beside them. */
  private readonly placed: string[];
  private readonly asked: readonly number[];
  private readonly known = new Map<string, KnownName>();
  private readonly start: KnownName;
  private records = 0;
  private lines = 0;
  /** Of the line that is being read: its properties, counted when it was read to its end. */
  private readonly found: KnownName[] = [];
  private readonly types: JsonType[] = [];
  private size = 0;
  private line = '';
  private at = 0;
  /** The next backslash; beyond the line when there is none. */
  private escapeAt = 0;
  /** The value read last, and its text between quotes. */
  private last: Value;
  private written = '';

  constructor(others: OtherProperties, names: readonly string[]) {
    this.others = others;
    this.placed = [...new Set([...others.placed, ...names])];
    this.asked = names.map((name) => this.placed.indexOf(name));
    this.properties.places = this.placed.map(() => undefined);
    this.start = this.create('');
  }

  value(index: number): Value {
    return this.properties.places[this.asked[index] ?? -1];
  }

  read(line: string): string | undefined {
    const eventEnd = line.startsWith(opening) ? line.indexOf('"', opening.length) : -1;
    if (eventEnd === -1 || !line.startsWith(middle, eventEnd + 1)) return undefined;
    this.line = line;
    this.at = eventEnd + 1 + middle.length;
    this.findEscape(0);
    if (this.escapeAt < eventEnd) return undefined;
    this.properties.clear();
    this.lines += 1;
    const isRead = this.readProperties(this.lines);
    if (!isRead || this.at + 2 !== line.length || line.charCodeAt(this.at + 1) !== closeBrace)
      return undefined;
    // Identity is made of what JSON.parse gives, which keeps no integer whole that is longer than a number.
    if (this.asked.some((place) => isNoScalar(this.properties.places[place]))) return undefined;
    this.count();
    return line.slice(opening.length, eventEnd);
  }

  profile(): PropertyProfile {
    const properties = [...this.known.values()].flatMap(({ name, counts }) => {
      const types = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
      return Object.keys(types).length === 0 ? [] : [{ name, types }];
    });
    return { records: this.records, properties, unlisted: 0 };
  }

  /** @returns whether all was as usual; `at` is then at the brace that closes the properties. */
  private readProperties(number: number): boolean {
    const { line, properties, found, types } = this;
    const { places } = properties;
    let members = '';
    let count = 0;
    let previous = this.start;
    for (;;) {
      const expected = previous.follower;
      const name =
        expected !== undefined && line.startsWith(expected.text, this.at)
          ? expected
          : this.nameAfter(previous);
      if (name === undefined || name.line === number) return false;
      name.line = number;
      previous = name;
      this.at += name.text.length;
      const type = this.readValue(line.charCodeAt(this.at));
      if (type === undefined) return false;
      found[count] = name;
      types[count] = type;
      count += 1;
      if (name.place !== -1) places[name.place] = this.last;
      if (name.opening !== undefined && this.written !== '')
        members += (members === '' ? name.opening : name.next) + this.written;
      const next = line.charCodeAt(this.at);
      if (next === closeBrace) break;
      if (next !== comma) return false;
      this.at += 1;
    }
    this.size = count;
    properties.members = members;
    return true;
  }

  private count(): void {
    this.records += 1;
    for (let index = 0; index < this.size; index += 1) {
      const counts = this.found[index]?.counts;
      const type = this.types[index];
      if (counts !== undefined && type !== undefined) counts[type] += 1;
    }
  }

  /** The name at this place of the line, another one than last time. */
  private nameAfter(previous: KnownName): KnownName | undefined {
    const { line, at } = this;
    const end = line.indexOf('":', at + 1);
    if (line.charCodeAt(at) !== quote || end === -1) return undefined;
    const text = line.slice(at + 1, end);
    const name = this.known.get(text) ?? this.learn(text);
    previous.follower = name;
    return name;
  }

  private learn(text: string): KnownName | undefined {
    const isUsual = text.length <= maxNameLength && !/["\\]/.test(text) && !outOfOrder.test(text);
    if (!isUsual || this.known.size >= maxKnownNames) return undefined;
    // Of its own: a piece of the line would keep the whole line.
    const name = Buffer.from(text).toString();
    const made = this.create(name);
    this.known.set(name, made);
    return made;
  }

  private create(name: string): KnownName {
    const place = this.placed.indexOf(name);
    const counts = { string: 0, number: 0, boolean: 0, list: 0, object: 0, null: 0 };
    const { opening: first, next } = this.others.destinyOf(name);
    return { name, text: `"${name}":`, place, opening: first, next, line: 0, follower: undefined, counts };
  }

  /** Reads the value that begins with this character, and goes past it. */
  private readValue(first: number): JsonType | undefined {
    if (first === quote) {
      const end = this.line.indexOf('"', this.at + 1);
      if (this.escapeAt < end) return this.readEscaped();
      if (end === -1) return undefined;
      this.last = this.line.slice(this.at + 1, end);
      this.written = this.last;
      this.at = end + 1;
      return 'string';
    }
    return (first >= zero && first <= nine) || first === minus ? this.readNumber(first) : this.readOther();
  }

  private readEscaped(): JsonType | undefined {
    const end = endOfString(this.line, this.at);
    const value = this.parse(end);
    if (typeof value !== 'string') return undefined;
    this.last = value;
    this.written = escaped(value);
    return 'string';
  }

  /** Most are whole and short, and their own text. */
  private readNumber(first: number): JsonType | undefined {
    const { line, at } = this;
    const start = first === minus ? at + 1 : at;
    let end = start;
    let code = line.charCodeAt(end);
    while (code >= zero && code <= nine) {
      end += 1;
      code = line.charCodeAt(end);
    }
    const digits = end - start;
    const isPlain = (code === comma || code === closeBrace) && digits > 0 && digits <= maxPlainDigits;
    if (isPlain && (line.charCodeAt(start) !== zero || (digits === 1 && first === zero))) {
      this.written = line.slice(at, end);
      this.last = Number(this.written);
      this.at = end;
      return 'number';
    }
    while (end < line.length && code !== comma && code !== closeBrace) {
      end += 1;
      code = line.charCodeAt(end);
    }
    const value = this.parse(end);
    if (typeof value !== 'number' && typeof value !== 'bigint') return undefined;
    this.last = value;
    this.written = `${value}`;
    return 'number';
  }

  private readOther(): JsonType | undefined {
    const { line, at } = this;
    for (const [text, value] of words) {
      if (!line.startsWith(text, at)) continue;
      this.at += text.length;
      this.last = value;
      this.written = value === null ? '' : text;
      return value === null ? 'null' : 'boolean';
    }
    const value = this.parse(endOfNested(line, at));
    if (typeof value !== 'object' || value === null) return undefined;
    this.last = value;
    this.written = this.properties.content(value);
    return Array.isArray(value) ? 'list' : 'object';
  }

  /** Parses the line up to there, and goes there. */
  private parse(end: number): Value {
    if (end === -1) return undefined;
    const text = this.line.slice(this.at, end);
    this.at = end;
    if (this.escapeAt < end) this.findEscape(end);
    try {
      return parseExactJson(text);
    } catch {
      return undefined;
    }
  }

  private findEscape(from: number): void {
    const found = this.line.indexOf('\\', from);
    this.escapeAt = found === -1 ? Number.POSITIVE_INFINITY : found;
  }
}

function isNoScalar(value: Value): boolean {
  return typeof value === 'bigint' || (typeof value === 'object' && value !== null);
}

const words = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const;
