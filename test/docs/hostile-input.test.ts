import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from '../../lib/config.ts';

const text = readFileSync(join(projectRoot, 'docs/hostile-input.md'), 'utf8');
const read = (file: string) => readFileSync(join(projectRoot, file), 'utf8');

/** The rows of its tables, without heads and rules: input, outcome, bound, shown by. */
const rows = text
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| ---') && !line.startsWith('| Input |'))
  .map((line) => line.slice(2, -2).split(' | '));

/** What a cell says of files: `file`: then, between these marks, each of the things that are in it. */
function namedIn(cell: string, mark: string): { file: string; name: string }[] {
  const list = new RegExp(`\`([\\w/.-]+\\.ts)\`: ((?:${mark}[^${mark}]+${mark}(?:, )?)+)`, 'g');
  return [...cell.matchAll(list)].flatMap(([, file = '', names = '']) =>
    names
      .split(mark)
      .filter((_, index) => index % 2 === 1)
      .map((name) => ({ file, name })),
  );
}

it('says of each input what becomes of it, by which bound, and which test shows it', () => {
  expect(rows.length).toBeGreaterThan(25);
  for (const [input = '', ...cells] of rows) {
    expect(cells, input).toHaveLength(3);
    expect(namedIn(cells[2] ?? '', '"').length, input).toBeGreaterThan(0);
  }
});

it('names no file, no test and no bound that does not exist', () => {
  const named = rows.flatMap(([, , bound = '', shown = '']) => [
    ...namedIn(bound, '`'),
    ...namedIn(shown, '"'),
  ]);
  expect(named.length).toBeGreaterThan(50);
  expect(
    named.filter(({ file, name }) => !existsSync(join(projectRoot, file)) || !read(file).includes(name)),
  ).toEqual([]);
});
