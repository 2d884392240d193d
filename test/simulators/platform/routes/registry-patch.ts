import { checked, type Exchange } from '../exchange.ts';
import { type JsonObject, property } from '../json.ts';
import { applyPatch, jsonPatchBody } from '../json-patch.ts';
import type { Platform } from '../platform.ts';
import type { RegistryKind } from '../registry.ts';
import { checkFieldGroup, checkSchema, fieldGroupBody, schemaBody } from '../registry-bodies.ts';
import { badRequest, ok, type Reply, registryError } from '../reply.ts';
import { resolveSchema } from '../resolve-schema.ts';
import type { Route } from '../router.ts';
import type { WireSchema } from '../wire-schema.ts';

/** Changes of the tenant's field groups and schemas; where rows may already be, additions alone. */
export function registryPatchRoutes(platform: Platform): Route[] {
  const { registry, settings } = platform;
  const patch = (kind: 'fieldgroups' | 'schemas', check: (document: JsonObject) => void): Route => ({
    name: 'registry',
    guard: 'gateway',
    method: 'PATCH',
    pattern: `/data/foundation/schemaregistry/tenant/${kind}/{id}`,
    handle: (exchange) => change(platform, kind, exchange, check),
  });
  return [
    patch('fieldgroups', (document) => checkFieldGroup(settings.tenant, checked(fieldGroupBody, document))),
    patch('schemas', (document) => {
      checkSchema(registry, checked(schemaBody, document));
      checkExtends(document);
    }),
  ];
}

/** @throws {ReplyError} 400 when only one of the two lists names a field group; Adobe's examples add it to both. */
function checkExtends(schema: JsonObject): void {
  const references = Array.isArray(schema.allOf) ? schema.allOf.map((part) => property(part, '$ref')) : [];
  const extended = schema['meta:extends'];
  const missing = references.find((id) => !Array.isArray(extended) || !extended.includes(id));
  if (missing !== undefined) throw badRequest(`allOf names ${missing}, and meta:extends does not`);
}

async function change(
  platform: Platform,
  kind: RegistryKind,
  exchange: Exchange,
  check: (document: JsonObject) => void,
): Promise<Reply> {
  const { registry } = platform;
  const before = registry.findOf('tenant', kind, exchange.param('id'));
  if (before === undefined) throw registryError(404, 'XDM-1012-404', 'Resource not found', 'there is none');
  const after = applyPatch(before, await exchange.json(jsonPatchBody));
  check(after);
  if (before['meta:immutableTags'] !== undefined && after['meta:immutableTags'] === undefined) {
    throw badRequest('an immutable tag cannot be taken off');
  }
  const find = (id: string) => registry.find(id);
  try {
    if (isInUse(platform, String(before.$id)))
      keepsFields(resolveSchema(before, find), resolveSchema(after, find), '');
    return ok(registry.change(kind, after));
  } catch (error) {
    throw badRequest(error instanceof Error ? error.message : 'the resource cannot be resolved');
  }
}

/** Whether there is a dataset whose schema this is, or is a part of. */
function isInUse({ registry, documents }: Platform, id: string): boolean {
  const schemas = new Set([id, ...registry.schemasWith(id).map(({ $id }) => String($id))]);
  return documents.datasets.values().some(({ schemaRef }) => schemas.has(schemaRef.id));
}

/** @throws {Error} when a field is gone, or has another type: evolution is additive once a dataset exists. */
function keepsFields(before: WireSchema, after: WireSchema | undefined, path: string): void {
  if (after === undefined) throw new Error(`${path} would be gone, and there is a dataset that has it`);
  if (before.type !== after.type || before['meta:xdmType'] !== after['meta:xdmType']) {
    throw new Error(`${path} would have another type, and there is a dataset that has it`);
  }
  for (const [name, field] of Object.entries(before.properties ?? {})) {
    keepsFields(field, after.properties?.[name], `${path}/${name}`);
  }
  if (before.items !== undefined) keepsFields(before.items, after.items, `${path}[]`);
  if (before.additionalProperties !== undefined) {
    keepsFields(before.additionalProperties, after.additionalProperties, `${path}/*`);
  }
}
