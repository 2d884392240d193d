import { createHmac, createSecretKey } from 'node:crypto';
import { ConfigError } from './errors.ts';
import { type MemberStart, notJson, skipSpace, skipValue, visitMembers } from './json-members.ts';

export interface PrivacyOptions {
  /** Names of properties to remove. Wins over `hash` for a name in both. */
  readonly drop: readonly string[];
  /** Names of properties whose value is replaced by its keyed hash. */
  readonly hash: readonly string[];
  /** Key of the hash: needed when `hash` names something. */
  readonly key?: string | undefined;
}

/** A stretch of a line to replace; without `text`, to remove. */
interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text?: Buffer;
}

type Action = 'drop' | 'hash';

const quote = 0x22;
const openBrace = 0x7b;
const comma = 0x2c;
const backslash = 0x5c;

/**
 * Makes the filter that a source's lines pass before anything is stored. It edits the line's text in place: all that
 * is not removed or hashed stays byte for byte, numbers and white space included. A line with nothing to do comes
 * back as the same buffer.
 *
 * A property is meant by its name as JSON decodes it (`"\u0024email"` is `$email`), directly under the line's own
 * `properties`; every occurrence of a repeated name counts. The same name inside a list or an object is left alone:
 * it belongs to the property that holds it, which can be named instead.
 *
 * A hash is a JSON string, see {@link createTextHash}, of the value's text: a string's decoded text, or any other
 * value's JSON text as it was sent, `null` being the text "null". So `1` and `"1"` have the same hash, and join.
 *
 * @throws {ConfigError} at once, when something is to be hashed and there is no key; {@link TerminalError} from the
 * filter for a line that is not a JSON object.
 */
export function createPrivacyFilter({ drop, hash, key }: PrivacyOptions): (line: Buffer) => Buffer {
  if (drop.length + hash.length === 0) return (line) => line;
  if (hash.length > 0 && (key === undefined || key === '')) {
    throw new ConfigError('preparing privacy.hash', [
      'key: found nothing; allowed is the text of a secret key',
    ]);
  }
  const hashText = createTextHash(key ?? '');
  const actionOf = createNameTable<Action>([
    ...hash.map((name): [string, Action] => [name, 'hash']),
    ...drop.map((name): [string, Action] => [name, 'drop']),
  ]);
  const isProperties = createNameTable([['properties', true]]);

  return (line) => {
    const edits: Edit[] = [];
    visitMembers(line, 0, (member) => {
      const isObject = line[member.valueStart] === openBrace;
      if (!isObject || !isProperties(line, member)) return skipValue(line, member.valueStart);
      return editProperties(line, member.valueStart, { actionOf, hashText, edits });
    });
    return edits.length === 0 ? line : applyEdits(line, edits);
  };
}

/**
 * Makes the function that hashes a text: lower-case hex HMAC-SHA-256 under the key, both as UTF-8. The same text has
 * the same hash on every day and in every property.
 */
export function createTextHash(key: string): (text: string | Buffer) => string {
  const secret = createSecretKey(key, 'utf8');
  return (text) => createHmac('sha256', secret).update(text).digest('hex');
}

interface Editing {
  readonly actionOf: (line: Buffer, member: MemberStart) => Action | undefined;
  readonly hashText: (text: string | Buffer) => string;
  readonly edits: Edit[];
}

function editProperties(line: Buffer, at: number, { actionOf, hashText, edits }: Editing): number {
  let anyKept = false;
  return visitMembers(line, at, (member) => {
    const valueEnd = skipValue(line, member.valueStart);
    const action = actionOf(line, member);
    if (action === 'drop') {
      edits.push(anyKept ? { from: member.comma, to: valueEnd } : withCommaAfter(line, member, valueEnd));
      return valueEnd;
    }
    anyKept = true;
    if (action === 'hash') {
      const text = Buffer.from(`"${hashText(valueText(line, member.valueStart, valueEnd))}"`);
      edits.push({ from: member.valueStart, to: valueEnd, text });
    }
    return valueEnd;
  });
}

/** With nothing kept before it, a member goes with the comma behind: the one before it, if any, is gone already. */
function withCommaAfter(line: Buffer, { keyStart }: MemberStart, valueEnd: number): Edit {
  const next = skipSpace(line, valueEnd);
  return { from: keyStart, to: line[next] === comma ? next + 1 : valueEnd };
}

function valueText(line: Buffer, start: number, end: number): string | Buffer {
  return line[start] === quote ? decodeString(line, start, end) : line.subarray(start, end);
}

function applyEdits(line: Buffer, edits: readonly Edit[]): Buffer {
  const pieces: Buffer[] = [];
  let position = 0;
  for (const { from, to, text } of edits) {
    pieces.push(line.subarray(position, from));
    if (text !== undefined) pieces.push(text);
    position = to;
  }
  pieces.push(line.subarray(position));
  return Buffer.concat(pieces);
}

/**
 * Looks up members by name. Keys are compared as bytes, and only with names of their own length, so that no text is
 * made of the many keys that match none; a key with an escape in it is decoded.
 */
function createNameTable<Value>(
  entries: ReadonlyArray<readonly [string, Value]>,
): (line: Buffer, member: MemberStart) => Value | undefined {
  const byName = new Map(entries);
  const byLength = new Map<number, Array<{ readonly bytes: Buffer; readonly value: Value }>>();
  for (const [name, value] of byName) {
    const bytes = Buffer.from(name);
    // A lone surrogate has no bytes of its own: a key can only hold it escaped.
    if (bytes.toString() !== name) continue;
    byLength.set(bytes.length, [...(byLength.get(bytes.length) ?? []), { bytes, value }]);
  }
  return (line, { keyStart, keyEnd }) => {
    const [start, end] = [keyStart + 1, keyEnd - 1];
    if (hasEscape(line, start, end)) return byName.get(decodeString(line, keyStart, keyEnd));
    const candidates = byLength.get(end - start);
    return candidates?.find(({ bytes }) => line.compare(bytes, 0, bytes.length, start, end) === 0)?.value;
  };
}

/** Looks no further than the key: `indexOf` would search the rest of a line without escapes for each of its keys. */
function hasEscape(line: Buffer, start: number, end: number): boolean {
  for (let position = start; position < end; position += 1) if (line[position] === backslash) return true;
  return false;
}

function decodeString(line: Buffer, start: number, end: number): string {
  try {
    const text: unknown = JSON.parse(line.toString('utf8', start, end));
    return String(text);
  } catch {
    // The parser's own message would quote the line.
    throw notJson();
  }
}
