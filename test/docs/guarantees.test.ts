import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from '../../lib/config.ts';

const text = readFileSync(join(projectRoot, 'docs/guarantees.md'), 'utf8');

/** The rows of its tables, without heads and rules: promise, kept by, shown by, tried. */
const rows = text
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| ---') && !line.startsWith('| Promise |'))
  .map((line) => line.slice(2, -2).split(' | '));

/** Each test that a row names: `file`: "name", "another name". */
const shown = rows.flatMap(([, , tests = '']) =>
  [...tests.matchAll(/`(test\/[^`]+)`: ((?:"[^"]+"(?:, )?)+)/g)].flatMap(([, file = '', names = '']) =>
    [...names.matchAll(/"([^"]+)"/g)].map(([, name = '']) => ({ file, name })),
  ),
);

it('says of each promise what keeps it, which test shows it, and what was tried', () => {
  expect(rows.length).toBeGreaterThan(50);
  for (const [promise, ...cells] of rows) {
    expect(cells, promise).toHaveLength(3);
    for (const cell of cells) expect(cell.trim(), promise).not.toBe('');
    expect(cells[1], promise).toMatch(/`test\/[^`]+\.test\.ts`: "/);
  }
});

it('names no file that does not exist', () => {
  const files = [...text.matchAll(/`((?:bin|lib|functions|test|mappings)\/[^`]+)`/g)].map(
    ([, file = '']) => file,
  );
  expect(files.filter((file) => !existsSync(join(projectRoot, file)))).toEqual([]);
});

it('names no test that does not exist', () => {
  const missing = shown.filter(
    ({ file, name }) => !readFileSync(join(projectRoot, file), 'utf8').includes(name),
  );
  expect(missing).toEqual([]);
  expect(shown.length).toBeGreaterThan(rows.length);
});
