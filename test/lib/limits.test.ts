import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../lib/config.ts';

const page = readFileSync(join(projectRoot, 'docs', 'limits.md'), 'utf8');
/** The last column of each table: a file, and what stands in it. */
const named = [...page.matchAll(/\| `([\w/.-]+\.ts)`(?:: `([^`]+)`)? \|$/gm)].map(([, file = '', text]) => ({
  file,
  text,
}));

describe('docs/limits.md', () => {
  it('names a place for every limit but one, of which there is nothing to do', () => {
    const rows = page.split('\n').filter((line) => /^\| (?!Limit|---)/.test(line));
    expect(rows.filter((row) => row.endsWith('| none |'))).toHaveLength(1);
    expect(named).toHaveLength(rows.length - 1);
  });

  it.each(named)('$file has $text', ({ file, text }) => {
    expect(existsSync(join(projectRoot, file))).toBe(true);
    expect(readFileSync(join(projectRoot, file), 'utf8')).toContain(text ?? '');
  });
});
