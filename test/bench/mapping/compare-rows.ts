import { readFileSync } from 'node:fs';

/**
 * Where rows differ in what they say, whatever the order of their members: how often, by path. Names inside the map of
 * all other properties count as one.
 */
export function differences(oursFile: string, theirsFile: string, rows: number): Map<string, number> {
  const found = new Map<string, number>();
  const ours = firstRows(oursFile, rows);
  const theirs = firstRows(theirsFile, rows);
  for (const [index, row] of ours.entries()) compare(row, theirs[index], '', found);
  return found;
}

const openMap = '_acme.mixpanel.properties';

function compare(ours: unknown, theirs: unknown, path: string, found: Map<string, number>): void {
  if (isObject(ours) && isObject(theirs)) {
    for (const name of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
      const below = path === openMap ? '*' : name;
      compare(ours[name], theirs[name], path === '' ? below : `${path}.${below}`, found);
    }
  } else if (JSON.stringify(ours) !== JSON.stringify(theirs)) {
    const kind = ours === undefined ? 'only theirs' : theirs === undefined ? 'only ours' : 'another value';
    const text = `${path} (${kind})`;
    found.set(text, (found.get(text) ?? 0) + 1);
  }
}

function firstRows(file: string, rows: number): unknown[] {
  const lines = readFileSync(file, 'utf8').split('\n', rows);
  return lines.filter((line) => line !== '').map((line): unknown => JSON.parse(line));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
