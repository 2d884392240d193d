import * as z from 'zod';
import { isObject, type JsonObject } from './json.ts';
import { badRequest } from './reply.ts';

/** A JSON Patch (RFC 6902), as far as Platform's own examples go. */
export const jsonPatchBody = z
  .array(
    z.strictObject({
      op: z.enum(['add', 'replace', 'remove', 'test']),
      path: z.string().regex(/^\//),
      value: z.unknown().optional(),
    }),
  )
  .min(1);

type Operation = z.output<typeof jsonPatchBody>[number];

/**
 * The document with the patch applied; of lists only the end can be added to.
 *
 * @throws {ReplyError} 400 when an operation does not fit the document.
 */
export function applyPatch(document: JsonObject, patch: z.output<typeof jsonPatchBody>): JsonObject {
  const changed = structuredClone(document);
  for (const operation of patch) applyOperation(changed, operation);
  return changed;
}

function applyOperation(target: JsonObject, { op, path, value }: Operation): void {
  const names = path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = names.pop() ?? '';
  let parent: unknown = target;
  for (const name of names) parent = isObject(parent) ? parent[name] : undefined;
  if (Array.isArray(parent) && op === 'add' && last === '-') {
    parent.push(value);
    return;
  }
  if (!isObject(parent)) throw badRequest(`there is nothing at ${path}`);
  const exists = Object.hasOwn(parent, last);
  if (op !== 'add' && !exists) throw badRequest(`there is nothing at ${path}`);
  if (op === 'remove') delete parent[last];
  else if (op !== 'test') parent[last] = value;
  else if (JSON.stringify(parent[last]) !== JSON.stringify(value))
    throw badRequest(`the test of ${path} fails`);
}
