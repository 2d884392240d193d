import { skipSpace, skipValue, visitMembers } from '../../functions/shared/json-members.ts';

/** One text value to be set in the `platform` of a source. */
export interface PlatformEdit {
  readonly sourceIndex: number;
  readonly key: string;
  readonly value: string;
}

const comma = 0x2c;

/**
 * The configuration's text with one value set: in the place of the old one, or behind the object's last member in that
 * member's own layout. Every other byte stays as it was.
 *
 * @param text a configuration that has been checked.
 */
export function editConfigText(text: string, edit: PlatformEdit): string {
  const bytes = Buffer.from(text, 'utf8');
  const sources = member(bytes, 0, 'sources');
  const platform = member(bytes, element(bytes, sources, edit.sourceIndex), 'platform');
  const value = JSON.stringify(edit.value);
  let found: { start: number; end: number } | undefined;
  let last: { from: number; keyStart: number; end: number } | undefined;
  visitMembers(bytes, platform, ({ comma, keyStart, keyEnd, valueStart }) => {
    const end = skipValue(bytes, valueStart);
    const start = comma === -1 ? bytes.indexOf('{', platform) : comma;
    last = { from: start + 1, keyStart, end };
    // Of members with one name JSON takes the last.
    if (keyAt(bytes, keyStart, keyEnd) === edit.key) found = { start: valueStart, end };
    return end;
  });
  if (found !== undefined) return spliced(bytes, found.start, found.end, value);
  if (last === undefined) throw new Error('setting a value in the configuration: its platform is empty');
  const layout = bytes.subarray(last.from, last.keyStart).toString('utf8');
  return spliced(bytes, last.end, last.end, `,${layout}${JSON.stringify(edit.key)}: ${value}`);
}

function member(bytes: Buffer, at: number, name: string): number {
  let found: number | undefined;
  visitMembers(bytes, at, ({ keyStart, keyEnd, valueStart }) => {
    if (keyAt(bytes, keyStart, keyEnd) === name) found = valueStart;
    return skipValue(bytes, valueStart);
  });
  if (found === undefined) throw new Error(`setting a value in the configuration: it has no ${name}`);
  return found;
}

/** Where the list's element of that number begins. */
function element(bytes: Buffer, list: number, index: number): number {
  let position = skipSpace(bytes, list + 1);
  for (let passed = 0; passed < index; passed += 1) {
    position = skipSpace(bytes, skipValue(bytes, position));
    if (bytes[position] !== comma)
      throw new Error('setting a value in the configuration: it has no such source');
    position = skipSpace(bytes, position + 1);
  }
  return position;
}

function keyAt(bytes: Buffer, start: number, end: number): unknown {
  return JSON.parse(bytes.subarray(start, end).toString('utf8'));
}

function spliced(bytes: Buffer, start: number, end: number, text: string): string {
  return bytes.subarray(0, start).toString('utf8') + text + bytes.subarray(end).toString('utf8');
}
