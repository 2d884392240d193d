import { isDeepStrictEqual } from 'node:util';
import type { ShownRow } from './batch-preview.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** A row with more of them has another content altogether. */
const mostPaths = 20;

/**
 * Where a row that Platform shows is another than the row that was delivered.
 *
 * @returns paths alone, never a value; none where both are the same.
 */
export function differingFields(delivered: JsonObject, shown: ShownRow): readonly string[] {
  const paths = new Set<string>();
  for (const { path, value } of shown) {
    for (const found of differences(valueAt(delivered, path), value, path)) paths.add(found);
  }
  const isShown = (leaf: readonly string[]) =>
    shown.some(({ path }) => path.every((name, index) => name === leaf[index]));
  for (const leaf of leavesOf(delivered, [])) if (!isShown(leaf)) paths.add(leaf.join('.'));
  return [...paths].sort().slice(0, mostPaths);
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (found, name) =>
      isContainer(found) && Object.hasOwn(found, name) ? Reflect.get(found, name) : undefined,
    value,
  );
}

function differences(delivered: unknown, shown: unknown, path: readonly string[]): string[] {
  if (sameValue(delivered, shown)) return [];
  if (!isContainer(delivered) || !isContainer(shown)) return [path.join('.')];
  const names = new Set([...Object.keys(delivered), ...Object.keys(shown)]);
  return [...names].flatMap((name) =>
    differences(valueAt(delivered, [name]), valueAt(shown, [name]), [...path, name]),
  );
}

/** Where rows are shown as text, a number, a list or an object is its JSON. */
function sameValue(delivered: unknown, shown: unknown): boolean {
  if (isDeepStrictEqual(delivered, shown)) return true;
  if (typeof shown !== 'string' || typeof delivered === 'string') return false;
  try {
    return isDeepStrictEqual(delivered, JSON.parse(shown));
  } catch {
    return false;
  }
}

function leavesOf(value: unknown, path: readonly string[]): (readonly string[])[] {
  if (!isContainer(value)) return [path];
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, [...path, name]));
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
