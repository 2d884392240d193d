import { isTrue } from '../comparison.ts';
import { MappingError } from '../values/mapping-error.ts';
import { newObject, type Value } from '../values/value.ts';
import { text } from './arguments.ts';
import { type FunctionSpec, fn } from './registry.ts';

/** Ports of schemes for which a URL seldom names one. */
const defaultPorts: Readonly<Record<string, number>> = {
  ...{ http: 80, ws: 80, https: 443, wss: 443, ftp: 21, ftps: 990, sftp: 22, ssh: 22, telnet: 23, smtp: 25 },
  ...{ ldap: 389, ldaps: 636, imap: 143, imaps: 993, pop3: 110, pop3s: 995, rtsp: 554, gopher: 70 },
};

interface UrlParts {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
  readonly path: string;
  readonly query: string | undefined;
  readonly anchor: string | undefined;
}

/** RFC 3986's own way to take a URI apart: the WHATWG parser would rewrite paths and drop default ports. */
const urlPattern = /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;
const authorityPattern = /^(?:[^@]*@)?(\[[^\]]*\]|[^:]*)(?::(\d{0,5}))?$/;

function parse(value: Value): UrlParts | undefined {
  const read = text(value);
  const match = read === null ? null : urlPattern.exec(read.trim());
  // A blank makes a URL invalid for Java's parser; the functions answer null then.
  if (match === null || /\s/.test(match[0])) return undefined;
  const authority = authorityPattern.exec(match[2] ?? '');
  if (authority === null) return undefined;
  return {
    scheme: match[1] ?? '',
    host: authority[1] ?? '',
    port: authority[2] ?? '',
    path: match[3] ?? '',
    query: match[4],
    anchor: match[5],
  };
}

/** The port as it is written, else the scheme's; null for a scheme that has none. */
function port(value: Value): Value {
  const url = parse(value);
  if (url === undefined) return null;
  const scheme = url.scheme.toLowerCase();
  if (url.port !== '') return Number(url.port);
  return Object.hasOwn(defaultPorts, scheme) ? (defaultPorts[scheme] ?? null) : null;
}

function path(value: Value, full: Value): Value {
  const url = parse(value);
  if (url === undefined) return null;
  if (full === null || full === undefined || isTrue(full)) return url.path;
  return url.path.slice(url.path.lastIndexOf('/') + 1);
}

/** The documentation's key for an appended anchor. */
const anchorKey = '_anchor_';

/** The parameters as a map; of equal names the last wins. */
function query(value: Value, anchor: Value): Value {
  const mode = (text(anchor) ?? 'retain').toLowerCase();
  if (!['retain', 'remove', 'append'].includes(mode))
    throw new MappingError('the anchor is retain, remove or append');
  const url = parse(value);
  if (url === undefined) return null;
  const made = newObject();
  let last: string | undefined;
  for (const pair of (url.query ?? '').split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    last = decoded(equals === -1 ? pair : pair.slice(0, equals));
    made[last] = equals === -1 ? '' : decoded(pair.slice(equals + 1));
  }
  if (url.anchor === undefined) return made;
  if (mode === 'append') made[anchorKey] = url.anchor;
  if (mode === 'retain' && last !== undefined) made[last] = `${String(made[last])}#${url.anchor}`;
  return made;
}

/** A parameter's text; what isn't validly encoded stays as it is. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    return value;
  }
}

/** A surrogate without its partner becomes the replacement character, as every encoder to UTF-8 has it. */
function wellFormed(value: string): string {
  return Buffer.from(value, 'utf8').toString('utf8');
}

/** Everything but letters, digits and `-_.`, as the documentation's table has it. */
function encode(value: Value): Value {
  const read = text(value);
  if (read === null) return null;
  return encodeURIComponent(wellFormed(read)).replaceAll(
    /[!'()*~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function decode(value: Value): Value {
  const read = text(value);
  if (read === null) return null;
  try {
    return decodeURIComponent(read);
  } catch {
    throw new MappingError('the text is not validly encoded');
  }
}

/** Parts of URLs. An invalid URL gives null. */
export const urlFunctions: Readonly<Record<string, FunctionSpec>> = {
  get_url_protocol: fn(1, 1, (value) => parse(value)?.scheme ?? null),
  get_url_host: fn(1, 1, (value) => parse(value)?.host || null),
  get_url_port: fn(1, 1, port),
  get_url_path: fn(1, 2, path),
  get_url_query_str: fn(1, 2, query),
  get_url_encoded: fn(1, 1, (value) => encode(value)),
  get_url_decoded: fn(1, 1, (value) => decode(value)),
};
