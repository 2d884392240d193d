import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isObject, type JsonObject, parseJson, property, textProperty } from './json.ts';
import { childAt, isWireType, nameTypes, type WireSchema, wirePath } from './wire-schema.ts';

/** Where the vendored XDM schemas are. */
export const xdmFolder = fileURLToPath(new URL('./xdm', import.meta.url));

/** Restricts property names to known namespaces and describes no field; a validator of rows has no use for it. */
const contextReference = 'https://ns.adobe.com/xdm/common/extensible#/definitions/@context';

/** Keywords that pass from a field of the source schema to the resolved one as they are. */
const numberKeywords = ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems'] as const;
const textKeywords = ['format', 'pattern', 'title'] as const;

/** Looks up a schema document by its `$id`. */
export type FindDocument = (id: string) => JsonObject | undefined;

/**
 * Reads every schema below a folder.
 *
 * @throws {Error} when a file is not a JSON object with an `$id`.
 */
export function readXdmLibrary(folder: string = xdmFolder): Map<string, JsonObject> {
  const documents = new Map<string, JsonObject>();
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!entry.endsWith('.schema.json')) continue;
    const document = parseJson(readFileSync(join(folder, entry), 'utf8'));
    const id = textProperty(document, '$id');
    if (!isObject(document) || id === undefined) throw new Error(`reading the XDM schema ${entry}: no $id`);
    documents.set(id, document);
  }
  return documents;
}

/**
 * The document with every reference resolved and fields under their names in rows.
 *
 * @throws {Error} when a reference leads nowhere, or round in a circle.
 */
export function resolveSchema(document: JsonObject, find: FindDocument): WireSchema {
  const target: WireSchema = {};
  new Resolver(find).merge(target, document, document, []);
  const id = textProperty(document, '$id');
  return { ...(id === undefined ? {} : { $id: id }), ...nameTypes(target) };
}

class Resolver {
  readonly #find: FindDocument;

  constructor(find: FindDocument) {
    this.#find = find;
  }

  merge(target: WireSchema, node: unknown, document: JsonObject, trail: readonly string[]): void {
    if (!isObject(node)) return;
    this.#followReference(target, node, document, trail);
    if (isWireType(node.type)) target.type = node.type;
    copyKeywords(target, node);
    for (const part of Array.isArray(node.allOf) ? node.allOf : []) this.merge(target, part, document, trail);
    this.#mergeProperties(target, node, document, trail);
    if (isObject(node.items)) {
      target.items ??= {};
      this.merge(target.items, node.items, document, trail);
    }
    if (isObject(node.additionalProperties)) {
      target.type = 'object';
      target.additionalProperties ??= {};
      this.merge(target.additionalProperties, node.additionalProperties, document, trail);
    }
  }

  #followReference(
    target: WireSchema,
    node: JsonObject,
    document: JsonObject,
    trail: readonly string[],
  ): void {
    const reference = textProperty(node, '$ref');
    if (reference === undefined || reference === contextReference) return;
    const own = textProperty(document, '$id') ?? '';
    const absolute = reference.startsWith('#') ? `${own}${reference}` : reference;
    if (trail.includes(absolute)) throw new Error(`resolving ${absolute}: it refers to itself`);
    const hash = absolute.indexOf('#');
    const id = hash === -1 ? absolute : absolute.slice(0, hash);
    const found = reference.startsWith('#') ? document : this.#find(id);
    const pointed = found && pointTo(found, hash === -1 ? '' : absolute.slice(hash + 1));
    if (found === undefined || pointed === undefined)
      throw new Error(`resolving ${absolute}: no such schema`);
    this.merge(target, pointed, found, [...trail, absolute]);
  }

  #mergeProperties(
    target: WireSchema,
    node: JsonObject,
    document: JsonObject,
    trail: readonly string[],
  ): void {
    if (isObject(node.properties)) {
      target.type = 'object';
      target.properties ??= {};
      for (const [name, child] of Object.entries(node.properties)) {
        this.merge(childAt(target, wirePath(name)), child, document, trail);
      }
    }
    for (const name of Array.isArray(node.required) ? node.required : []) {
      if (typeof name === 'string') requireField(target, wirePath(name));
    }
  }
}

/** Marks the field at that path, and the objects on the way to it, as required. */
export function requireField(schema: WireSchema, path: readonly string[]): void {
  let current: WireSchema | undefined = schema;
  for (const name of path) {
    if (current === undefined) return;
    current.required = [...new Set([...(current.required ?? []), name])];
    current = current.properties?.[name];
  }
}

function copyKeywords(target: WireSchema, node: JsonObject): void {
  for (const keyword of textKeywords) {
    const value = node[keyword];
    if (typeof value === 'string') target[keyword] = value;
  }
  for (const keyword of numberKeywords) {
    const value = node[keyword];
    if (typeof value === 'number') target[keyword] = value;
  }
  if (Array.isArray(node.enum)) target.enum = node.enum;
  if (Object.hasOwn(node, 'const')) target.const = node.const;
}

function pointTo(document: JsonObject, pointer: string): unknown {
  let current: unknown = document;
  for (const part of pointer.split('/').filter((text) => text !== '')) {
    current = property(current, decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'));
  }
  return current;
}
