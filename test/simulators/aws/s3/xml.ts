import { ApiError } from '../api-error.ts';

/** An element to write: text, further elements, or a list of either under the same name. Undefined is left out. */
export type XmlContent =
  | string
  | number
  | boolean
  | undefined
  | { readonly [name: string]: XmlContent }
  | readonly XmlContent[];

const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';
const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** A whole document. Errors carry no namespace, results do, as in S3. */
export function xmlDocument(root: string, content: XmlContent, namespaced = true): string {
  const attribute = namespaced ? ` xmlns="${namespace}"` : '';
  return `${declaration}<${root}${attribute}>${write(content)}</${root}>`;
}

function write(content: XmlContent): string {
  if (content === undefined) return '';
  if (typeof content !== 'object') return escapeText(String(content));
  return Object.entries(content)
    .flatMap(([name, value]) => [value].flat().map((item) => element(name, item)))
    .join('');
}

function element(name: string, content: XmlContent): string {
  return content === undefined ? '' : `<${name}>${write(content)}</${name}>`;
}

const named: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escapeText(text: string): string {
  // Control characters as references, as S3 does: strictly no XML, which is what encoding-type=url is for.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to be escaped
  return text.replace(/[&<>"\u0000-\u001f]/g, (character) => {
    return named[character] ?? `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`;
  });
}

/** A parsed element. */
export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

interface OpenElement {
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

/**
 * Reads the small documents that S3 clients send: elements, text and references; attributes are passed over.
 * @throws {ApiError} MalformedXML
 */
export function parseXml(source: string): XmlElement {
  const open: OpenElement[] = [{ name: '', children: [], text: '' }];
  const token = /<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<(\/?)([A-Za-z][\w.:-]*)(?:\s[^<>]*?)?(\/?)>|([^<]+)/gy;
  let position = 0;
  for (let match = token.exec(source); match !== null; match = token.exec(source)) {
    position = token.lastIndex;
    const [, closing, name, empty, text] = match;
    if (text !== undefined) top(open).text += unescapeText(text);
    else if (name !== undefined && closing === '/') closeElement(open, name);
    else if (name !== undefined) {
      open.push({ name, children: [], text: '' });
      if (empty === '/') closeElement(open, name);
    }
  }
  const [root] = top(open).children;
  if (position !== source.length || open.length !== 1 || root === undefined) throw malformed();
  return root;
}

function top(open: readonly OpenElement[]): OpenElement {
  const last = open.at(-1);
  if (last === undefined) throw malformed();
  return last;
}

function closeElement(open: OpenElement[], name: string): void {
  const closed = open.pop();
  if (closed?.name !== name) throw malformed();
  top(open).children.push(closed);
}

function unescapeText(text: string): string {
  return text.replace(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));/g, (whole, hex, decimal, name) => {
    if (hex !== undefined) return codePoint(Number.parseInt(String(hex), 16));
    if (decimal !== undefined) return codePoint(Number(decimal));
    if (name === 'apos') return "'";
    return Object.entries(named).find(([, reference]) => reference === whole)?.[0] ?? String(whole);
  });
}

function codePoint(value: number): string {
  if (value > 0x10ffff) throw malformed();
  return String.fromCodePoint(value);
}

/** The text of the child by that name. */
export function childText(element: XmlElement, name: string): string | undefined {
  return element.children.find((child) => child.name === name)?.text;
}

/** S3's answer to a body that it can't read. */
export function malformed(): ApiError {
  return new ApiError(
    400,
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  );
}
