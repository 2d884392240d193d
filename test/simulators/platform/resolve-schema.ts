import { isObject, type JsonObject, property, textProperty } from './json.ts';
import { isWireType, nameTypes, type WireSchema } from './wire-schema.ts';

/** Keywords that pass from a field of the source schema to the resolved one as they are. */
const numberKeywords = ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems'] as const;
const textKeywords = ['format', 'pattern', 'title'] as const;

/** Looks up a schema document by its `$id`. */
export type FindDocument = (id: string) => JsonObject | undefined;

/**
 * The document with every reference resolved.
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

  /** Adds what the node says to the target: first what it refers to, so that its own words count. */
  merge(target: WireSchema, node: unknown, document: JsonObject, trail: readonly string[]): void {
    if (!isObject(node)) return;
    this.#followReference(target, node, document, trail);
    for (const part of Array.isArray(node.allOf) ? node.allOf : []) this.merge(target, part, document, trail);
    if (isWireType(node.type)) target.type = node.type;
    copyKeywords(target, node);
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
    if (reference === undefined) return;
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
        const merged: WireSchema = target.properties[name] ?? {};
        target.properties[name] = merged;
        this.merge(merged, child, document, trail);
      }
    }
    for (const name of Array.isArray(node.required) ? node.required : []) {
      if (typeof name === 'string') requireField(target, [name]);
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
