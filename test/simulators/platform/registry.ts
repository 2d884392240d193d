import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import type { Batch } from './batch.ts';
import { compileRows, type RowCheck } from './compile-rows.ts';
import { mixpanelFieldGroup, mixpanelSchema } from './default-schema.ts';
import { DurableMap } from './durable-json.ts';
import { type JsonObject, property, textProperty } from './json.ts';
import type { PlatformSettings } from './options.ts';
import { requireField, resolveSchema } from './resolve-schema.ts';
import { standardResources } from './schema/standard-resources.ts';
import type { WireSchema } from './wire-schema.ts';

/** The kinds of resources that the registry keeps apart. */
export const registryKinds = ['schemas', 'fieldgroups', 'datatypes', 'classes', 'behaviors'] as const;
/** One of them. Field groups are still called mixins in ids. */
export type RegistryKind = (typeof registryKinds)[number];

/** How a kind is called within an `$id`. */
const idNames: Record<RegistryKind, string> = {
  schemas: 'schemas',
  fieldgroups: 'mixins',
  datatypes: 'datatypes',
  classes: 'classes',
  behaviors: 'behaviors',
};

const documentSchema = z.record(z.string(), z.unknown());

/** Schemas and what they are made of: Adobe's own, and the tenant's. */
export class SchemaRegistry {
  readonly #settings: PlatformSettings;
  readonly #global = standardResources();
  readonly #tenant: Record<RegistryKind, DurableMap<JsonObject>>;
  readonly descriptors: DurableMap<JsonObject>;
  readonly #now: () => number;
  readonly #resolved = new Map<string, WireSchema>();
  readonly #checks = new Map<string, RowCheck>();

  constructor(settings: PlatformSettings, now: () => number) {
    this.#settings = settings;
    this.#now = now;
    const folder = (kind: string) => new DurableMap(join(settings.dataDir, 'registry', kind), documentSchema);
    this.#tenant = {
      schemas: folder('schemas'),
      fieldgroups: folder('fieldgroups'),
      datatypes: folder('datatypes'),
      classes: folder('classes'),
      behaviors: folder('behaviors'),
    };
    this.descriptors = folder('descriptors');
  }

  /** Makes the schema of the ready dataset, if it is not there yet. */
  provision(): void {
    const { tenant, schemaId } = this.#settings;
    if (this.find(schemaId) !== undefined) return;
    this.#store('fieldgroups', mixpanelFieldGroup(tenant));
    this.#store('schemas', mixpanelSchema(schemaId, tenant));
  }

  /** A resource's source document, by `$id` or `meta:altId`. */
  find(id: string): JsonObject | undefined {
    return this.#global.get(id) ?? this.#everyTenant().find((document) => isNamed(document, id));
  }

  /** As `find`, within one container and kind. */
  findOf(container: string, kind: RegistryKind, id: string): JsonObject | undefined {
    return this.list(container, kind).find((document) => isNamed(document, id));
  }

  list(container: string, kind: RegistryKind): JsonObject[] {
    if (container === 'tenant') return this.#tenant[kind].values();
    return [...this.#global.values()].filter((document) => document['meta:resourceType'] === idNames[kind]);
  }

  /** Whether that kind holds the id, in either container. */
  has(kind: RegistryKind, id: string): boolean {
    return this.findOf('tenant', kind, id) !== undefined || this.findOf('global', kind, id) !== undefined;
  }

  /**
   * Adds a resource of the tenant's and gives it its id.
   *
   * @throws {Error} when a reference of it leads nowhere.
   */
  add(kind: RegistryKind, body: JsonObject): JsonObject {
    const name = randomBytes(16).toString('hex');
    const $id = `https://ns.adobe.com/${this.#settings.tenant}/${idNames[kind]}/${name}`;
    const document = { ...body, $id };
    resolveSchema(document, (id) => this.find(id));
    return this.#store(kind, document);
  }

  /**
   * Puts a changed resource of the tenant's in the place of what it was.
   *
   * @throws {Error} when a reference of it leads nowhere.
   */
  change(kind: RegistryKind, document: JsonObject): JsonObject {
    resolveSchema(document, (id) => this.find(id));
    const [major, minor] = String(document.version).split('.');
    return this.#store(kind, document, `${major}.${Number(minor) + 1}`);
  }

  /** The tenant's schemas that are made of this resource. */
  schemasWith(id: string): JsonObject[] {
    return this.list('tenant', 'schemas').filter(
      (schema) => Array.isArray(schema.allOf) && schema.allOf.some((part) => property(part, '$ref') === id),
    );
  }

  /** Keeps a descriptor and gives it its id. */
  addDescriptor(body: JsonObject): JsonObject {
    const id = randomBytes(20).toString('hex');
    const descriptor = { ...body, '@id': id, imsOrg: this.#settings.orgId, version: '1' };
    this.descriptors.set(id, descriptor);
    this.#forget();
    return descriptor;
  }

  /** A resource with every reference resolved, fields as rows name them, primary identities required. */
  full(id: string): WireSchema | undefined {
    const known = this.#resolved.get(id);
    if (known !== undefined) return known;
    const document = this.find(id);
    if (document === undefined) return undefined;
    const resolved = resolveSchema(document, (reference) => this.find(reference));
    for (const descriptor of this.descriptors.values()) {
      if (descriptor['xdm:sourceSchema'] !== id || descriptor['xdm:isPrimary'] !== true) continue;
      requireField(resolved, pathOf(textProperty(descriptor, 'xdm:sourceProperty') ?? ''));
    }
    this.#resolved.set(id, resolved);
    return resolved;
  }

  /**
   * The check of rows against a schema.
   *
   * @throws {Error} when there is no such schema.
   */
  rowCheck(schemaId: string, origin: Batch['origin']): RowCheck {
    const key = `${origin} ${schemaId}`;
    const known = this.#checks.get(key);
    if (known !== undefined) return known;
    const schema = this.full(schemaId);
    if (schema === undefined) throw new Error(`compiling the schema ${schemaId}: there is none`);
    const { extraneousFields, emptyValues } = this.#settings;
    const strict = origin === 'streaming';
    const rules = {
      conversion: !strict,
      extraneousFields: strict ? ('refuse' as const) : extraneousFields,
      emptyValues,
    };
    const check = compileRows(schema, rules, this.#now);
    this.#checks.set(key, check);
    return check;
  }

  #store(kind: RegistryKind, body: JsonObject, version = '1.0'): JsonObject {
    const { tenant, orgId } = this.#settings;
    const id = String(body.$id);
    const references = Array.isArray(body.allOf) ? body.allOf.map((part) => property(part, '$ref')) : [];
    const document = {
      ...body,
      'meta:altId': `_${tenant}.${idNames[kind]}.${id.slice(id.lastIndexOf('/') + 1)}`,
      'meta:resourceType': idNames[kind],
      'meta:extends': references.filter(
        (reference) => typeof reference === 'string' && !reference.startsWith('#'),
      ),
      'meta:tenantNamespace': `_${tenant}`,
      version,
      imsOrg: orgId,
    };
    this.#tenant[kind].set(id, document);
    this.#forget();
    return document;
  }

  #forget(): void {
    this.#resolved.clear();
    this.#checks.clear();
  }

  #everyTenant(): JsonObject[] {
    return registryKinds.flatMap((kind) => this.#tenant[kind].values());
  }
}

/** The path that a descriptor's pointer stands for. */
export function pathOf(pointer: string): string[] {
  return pointer.split('/').filter((part) => part !== '');
}

function isNamed(document: JsonObject, id: string): boolean {
  return document.$id === id || document['meta:altId'] === id;
}
