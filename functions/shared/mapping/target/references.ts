/** Where a document keeps schemas that others refer to. */
const containers = ['definitions', '$defs'] as const;

/** The schemas that a document holds under an `$id`: itself, and its definitions. */
export function indexById(document: unknown): ReadonlyMap<string, unknown> {
  const byId = new Map<string, unknown>();
  const add = (schema: unknown) => {
    const id = member(schema, '$id');
    if (typeof id === 'string' && !byId.has(id)) byId.set(id, schema);
  };
  add(document);
  for (const container of containers) {
    const definitions = member(document, container);
    if (isObject(definitions)) for (const definition of Object.values(definitions)) add(definition);
  }
  return byId;
}

/**
 * What a reference points at: `#`, `#/definitions/x`, or an `$id` that the document holds, with or without a pointer.
 * Undefined when that is not in the document.
 */
export function findReferenced(
  reference: string,
  document: unknown,
  byId: ReadonlyMap<string, unknown>,
): unknown {
  if (byId.has(reference)) return byId.get(reference);
  const hash = reference.indexOf('#');
  const id = hash === -1 ? reference : reference.slice(0, hash);
  const start = id === '' ? document : byId.get(id);
  if (hash === -1) return start;
  return pointTo(start, reference.slice(hash + 1));
}

function pointTo(start: unknown, pointer: string): unknown {
  if (pointer === '') return start;
  if (!pointer.startsWith('/')) return undefined;
  return pointer
    .slice(1)
    .split('/')
    .reduce<unknown>((found, part) => member(found, nameOf(part)), start);
}

/** A part of a pointer as the key that it stands for; one with a malformed escape stands for itself. */
function nameOf(part: string): string {
  let name = part;
  try {
    name = decodeURIComponent(part);
  } catch {
    // Taken as it is written: then nothing is found under it, and the reference is named as not resolved.
  }
  return name.replaceAll('~1', '/').replaceAll('~0', '~');
}

function member(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value[Number(name)];
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
