import type { Exchange } from '../exchange.ts';
import { type JsonObject, textProperty } from '../json.ts';
import type { Platform } from '../platform.ts';
import { type RegistryKind, registryKinds, type SchemaRegistry } from '../registry.ts';
import {
  checkDescriptor,
  checkFieldGroup,
  checkSchema,
  descriptorBody,
  fieldGroupBody,
  schemaBody,
} from '../registry-bodies.ts';
import { badRequest, ok, type Reply, registryError } from '../reply.ts';
import type { Route } from '../router.ts';

const base = '/data/foundation/schemaregistry';
const listAccept = /^application\/vnd\.adobe\.xed(-id)?\+json$/;
const lookupAccept = /^application\/vnd\.adobe\.xed(-full)?(-notext)?(-desc)?\+json;\s*version=1(\.\d+)?$/;
const descriptorListAccept = /^application\/vnd\.adobe\.xdm(-id|-link)?\+json$/;

/** The Schema Registry: what there is, what it says in full, and adding to it. */
export function registryRoutes(platform: Platform): Route[] {
  const { registry } = platform;
  const route = { name: 'registry', guard: 'gateway' } as const;
  const get = (pattern: string, handle: Route['handle']): Route => ({
    ...route,
    method: 'GET',
    pattern: `${base}${pattern}`,
    handle,
  });
  const post = (pattern: string, handle: Route['handle']): Route => ({
    ...route,
    method: 'POST',
    pattern: `${base}${pattern}`,
    handle,
  });
  return [
    get('/stats', () => ok(stats(platform))),
    post('/tenant/schemas', (exchange) => addSchema(registry, exchange)),
    post('/tenant/fieldgroups', (exchange) => addFieldGroup(platform, exchange)),
    post('/tenant/descriptors', (exchange) => addDescriptor(platform, exchange)),
    get('/tenant/descriptors', (exchange) => listDescriptors(registry, exchange)),
    get('/tenant/descriptors/{id}', (exchange) => oneDescriptor(registry, exchange)),
    get('/{container}/{kind}', (exchange) => list(registry, exchange)),
    get('/{container}/{kind}/{id}', (exchange) => lookUp(registry, exchange)),
  ];
}

function stats({ registry, settings }: Platform): Record<string, unknown> {
  const count = (kind: RegistryKind) => registry.list('tenant', kind).length;
  return {
    imsOrg: settings.orgId,
    tenantId: settings.tenant,
    counts: {
      schemas: count('schemas'),
      mixins: count('fieldgroups'),
      datatypes: count('datatypes'),
      classes: count('classes'),
      unions: 0,
    },
    recentlyCreatedResources: [],
    recentlyUpdatedResources: [],
    classUsage: {},
  };
}

function containerOf(exchange: Exchange): { container: string; kind: RegistryKind } {
  const name = exchange.param('kind');
  const kind = registryKinds.find((known) => known === (name === 'mixins' ? 'fieldgroups' : name));
  const container = exchange.param('container');
  if (kind !== undefined && (container === 'global' || container === 'tenant')) return { container, kind };
  throw registryError(
    404,
    'XDM-1012-404',
    'Resource not found',
    'there is no such container or kind of resource',
  );
}

function list(registry: SchemaRegistry, exchange: Exchange): Reply {
  exchange.allowQuery('limit', 'start', 'property');
  const accept = exchange.header('accept') ?? '';
  if (!listAccept.test(accept))
    throw acceptError('XDM-1006-400', 'the Accept header must name xed-id or xed');
  const { container, kind } = containerOf(exchange);
  const limit = exchange.wholeNumber('limit', 300, 1, 300);
  const title = titleOf(exchange.query('property'));
  const start = exchange.query('start');
  const found = registry
    .list(container, kind)
    .filter((document) => title === undefined || document.title === title)
    .sort((a, b) => String(a.$id).localeCompare(String(b.$id)))
    .filter((document) => start === undefined || String(document.$id) > start);
  const page = found.slice(0, limit);
  const next = found.length > limit ? { next: String(page.at(-1)?.$id) } : {};
  const results = accept.includes('xed-id') ? page.map(summary) : page;
  return ok({ results, _page: { orderby: '$id', count: results.length, ...next }, _links: {} });
}

function lookUp(registry: SchemaRegistry, exchange: Exchange): Reply {
  const accept = exchange.header('accept') ?? '';
  if (!lookupAccept.test(accept))
    throw acceptError('XDM-1007-400', 'the Accept header must name a form and a version');
  const { container, kind } = containerOf(exchange);
  const document = registry.findOf(container, kind, exchange.param('id'));
  if (document === undefined) throw missing(exchange.param('id'));
  if (!accept.includes('-full')) return ok(document);
  const { allOf, definitions, ...head } = document;
  return ok({ ...head, ...registry.full(String(document.$id)) });
}

async function addSchema(registry: SchemaRegistry, exchange: Exchange): Promise<Reply> {
  const body = await exchange.json(schemaBody);
  requireFreeTitle(registry, 'schemas', body.title);
  checkSchema(registry, body);
  const classId = body.allOf.map((part) => part.$ref).find((id) => registry.has('classes', id));
  return added(() => registry.add('schemas', { ...body, 'meta:class': classId }));
}

async function addFieldGroup({ registry, settings }: Platform, exchange: Exchange): Promise<Reply> {
  const body = await exchange.json(fieldGroupBody);
  requireFreeTitle(registry, 'fieldgroups', body.title);
  checkFieldGroup(settings.tenant, body);
  return added(() => registry.add('fieldgroups', body));
}

async function addDescriptor(platform: Platform, exchange: Exchange): Promise<Reply> {
  const body = await exchange.json(descriptorBody);
  checkDescriptor(platform.registry, body, (code) => platform.hasNamespace(code));
  return ok(platform.registry.addDescriptor(body), 201);
}

function listDescriptors(registry: SchemaRegistry, exchange: Exchange): Reply {
  const accept = exchange.header('accept') ?? '';
  if (!descriptorListAccept.test(accept))
    throw acceptError('XDM-1008-400', 'the Accept header must name xdm-id or xdm');
  const all = registry.descriptors.values();
  const shown = accept.includes('xdm-id') ? all.map((descriptor) => descriptor['@id']) : all;
  return ok({ 'xdm:descriptorIdentity': shown });
}

function oneDescriptor(registry: SchemaRegistry, exchange: Exchange): Reply {
  if (exchange.header('accept') !== 'application/vnd.adobe.xdm+json') {
    throw acceptError('XDM-1009-400', 'the Accept header must name xdm');
  }
  const found = registry.descriptors.get(exchange.param('id'));
  if (found === undefined) throw missing(exchange.param('id'));
  return ok(found);
}

/** The answer to a new resource; one whose references lead nowhere is the client's mistake. */
function added(add: () => JsonObject): Reply {
  try {
    return ok(add(), 201);
  } catch (error) {
    throw badRequest(error instanceof Error ? error.message : 'the resource cannot be resolved');
  }
}

function requireFreeTitle(registry: SchemaRegistry, kind: RegistryKind, title: string): void {
  if (!registry.list('tenant', kind).some((document) => document.title === title)) return;
  throw registryError(400, 'XDM-3005-400', 'Title conflict', 'a resource with this title exists');
}

function summary(document: JsonObject): JsonObject {
  const altId = document['meta:altId'] ?? document.$id;
  return {
    title: document.title,
    $id: document.$id,
    'meta:altId': altId,
    version: textProperty(document, 'version') ?? '1.0',
  };
}

function titleOf(filter: string | undefined): string | undefined {
  if (filter === undefined) return undefined;
  const title = /^title==(.+)$/.exec(filter)?.[1];
  if (title === undefined) throw badRequest('the simulator filters by title==VALUE only');
  return title;
}

const acceptError = (code: string, detail: string) =>
  registryError(400, code, 'Accept header invalid', detail);
const missing = (id: string) => registryError(404, 'XDM-1012-404', 'Resource not found', `there is no ${id}`);
