import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isObject, type JsonObject, parseJson, textProperty } from '../../simulators/platform/json.ts';

/** Where the schemas that Adobe publishes are, if somebody has put them beside the project; they are no part of it. */
const publishedFolder = fileURLToPath(new URL('../../../../shared/xdm', import.meta.url));

/** Restricts property names to known namespaces and describes no field. */
const contextReference = 'https://ns.adobe.com/xdm/common/extensible#/definitions/@context';

const nestedSchemas = ['items', 'additionalProperties'] as const;
const constraints = ['type', 'format', 'pattern', 'enum', 'const', 'minimum', 'maximum'];
const sizes = ['minLength', 'maxLength', 'minItems', 'maxItems'];
const notes = ['$id', '$schema', 'title', 'description', 'default', 'examples', 'auditable'];
const known = [...constraints, ...sizes, ...notes, '$ref', 'allOf', 'definitions', 'properties', 'required'];

/** The published documents by `$id`, their fields named as in rows; undefined where there are none. */
export function readPublishedXdm(): Map<string, JsonObject> | undefined {
  if (!existsSync(publishedFolder)) return undefined;
  const documents = new Map<string, JsonObject>();
  for (const entry of readdirSync(publishedFolder, { recursive: true, encoding: 'utf8' })) {
    if (!entry.endsWith('.schema.json')) continue;
    const document = parseJson(readFileSync(join(publishedFolder, entry), 'utf8'));
    const id = textProperty(document, '$id');
    if (!isObject(document) || id === undefined) throw new Error(`reading the XDM schema ${entry}: no $id`);
    documents.set(id, inWireNames(document));
  }
  return documents;
}

/**
 * The path of an XDM field name in a row: the XDM prefix falls away, `@id` becomes `_id`, and every other namespace
 * becomes a parent object of its own.
 *
 * @example wirePath('schema:latitude') // ['_schema', 'latitude']
 */
export function wirePath(name: string): string[] {
  if (name.startsWith('xdm:')) return [name.slice('xdm:'.length)];
  if (name.startsWith('@')) return [`_${name.slice(1)}`];
  const colon = name.indexOf(':');
  return colon === -1 ? [name] : [`_${name.slice(0, colon)}`, name.slice(colon + 1)];
}

/** The schema, and every schema within it, with the names of rows. A nested name becomes one more part of `allOf`. */
function inWireNames(node: JsonObject): JsonObject {
  const result: JsonObject = { ...node };
  const parts = Array.isArray(node.allOf) ? node.allOf.filter(isObject).map(inWireNames) : [];
  for (const [name, child] of Object.entries(isObject(node.properties) ? node.properties : {})) {
    parts.push(nest(wirePath(name), isObject(child) ? inWireNames(child) : {}));
  }
  for (const name of Array.isArray(node.required) ? node.required : []) {
    parts.push(requirement(wirePath(String(name))));
  }
  delete result.properties;
  delete result.required;
  if (isObject(node.definitions)) result.definitions = eachInWireNames(node.definitions);
  for (const keyword of nestedSchemas) {
    const nested = node[keyword];
    if (isObject(nested)) result[keyword] = inWireNames(nested);
  }
  if (node.$ref === contextReference) delete result.$ref;
  const unread = unreadKeyword(node);
  // A keyword that nobody reads must not pass for agreement; most stand in definitions that no event reaches, so it
  // is a reference which fails the resolution that meets it.
  if (unread !== undefined) parts.push({ $ref: `unread keyword ${unread}` });
  return { ...result, allOf: parts };
}

function unreadKeyword(node: JsonObject): string | undefined {
  const understood: readonly string[] = [...known, ...nestedSchemas];
  return Object.keys(node).find((keyword) => !keyword.startsWith('meta:') && !understood.includes(keyword));
}

function eachInWireNames(definitions: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(definitions).map(([name, child]) => [name, isObject(child) ? inWireNames(child) : child]),
  );
}

function nest(path: readonly string[], leaf: JsonObject): JsonObject {
  return path.reduceRight<JsonObject>((child, name) => ({ properties: { [name]: child } }), leaf);
}

/** Requires the field, and the objects on the way to it. */
function requirement([name, ...rest]: readonly string[]): JsonObject {
  if (name === undefined) return {};
  return { required: [name], properties: { [name]: requirement(rest) } };
}
