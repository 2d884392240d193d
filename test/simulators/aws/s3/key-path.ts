/**
 * How keys become paths, so that an object lies where its key says and everything still fits a file system:
 *
 * - each `/` of the key parts two folders; other characters stay as they are, except
 * - `%` and control characters, written `%XX` (their UTF-8 byte in hex);
 * - the segments `.` and `..`, written `%2E` and `%2E%2E`;
 * - an empty segment (`a//b`, `a/`), written `%empty`;
 * - a segment longer than 200 bytes, cut into nested folders of which all but the last end in `%+`.
 *
 * An object whose name is also a folder (`a` beside `a/b`) is kept as `a%`. None of these marks can be an escaped
 * character, because no two hex digits follow the `%`. Keys that differ only in case need a file system that
 * tells them apart.
 *
 * @example keyToSegments('raw/source=shop//100%') // ['raw', 'source=shop', '%empty', '100%25']
 */
export function keyToSegments(key: string): string[] {
  return key.split('/').flatMap((segment) => cut(escapeSegment(segment)));
}

/** File names end at 255 bytes; this leaves room for the marks of the metadata tree. */
const maxNameBytes = 200;

/** Ends the name of a folder whose content continues the same segment. */
export const continuationMark = '%+';
/** Ends the name of an object's body when its plain name is a folder. */
export const shadowMark = '%';
const emptySegment = '%empty';

const reserved: ReadonlyMap<string, string> = new Map([
  ['', emptySegment],
  ['.', '%2E'],
  ['..', '%2E%2E'],
]);

function escapeSegment(segment: string): string {
  const instead = reserved.get(segment);
  if (instead !== undefined) return instead;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to be escaped
  return segment.replace(/[%\u0000-\u001f\u007f]/g, (character) => {
    const code = character.charCodeAt(0);
    return `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

function cut(name: string): string[] {
  if (Buffer.byteLength(name) <= maxNameBytes) return [name];
  const names: string[] = [];
  let piece = '';
  // An escape is one unit: cut in two, it would be read as something else.
  for (const unit of name.match(/%[0-9A-F]{2}|[\s\S]/gu) ?? []) {
    if (Buffer.byteLength(piece) + Buffer.byteLength(unit) > maxNameBytes) {
      names.push(piece + continuationMark);
      piece = '';
    }
    piece += unit;
  }
  // The rest of a cut segment may itself be a name that means something else.
  return [...names, reserved.get(piece) ?? piece];
}

/** The segment, or the piece of one, that a name without its mark stands for. */
export function nameToText(name: string): string {
  if (name === emptySegment) return '';
  return name.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
