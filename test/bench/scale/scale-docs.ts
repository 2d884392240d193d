import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../../lib/config.ts';
import { scaleHead } from './scale-table.ts';

const page = join(projectRoot, 'docs', 'scale.md');

/**
 * Puts the rows of tables into docs/scale.md, in the order in which the page has them.
 *
 * @throws when the page has another number of such tables.
 */
export function writeScaleDocs(tables: readonly (readonly string[])[]): void {
  const head = `${scaleHead.join('\n')}\n`;
  const [before = '', ...after] = readFileSync(page, 'utf8').split(head);
  if (after.length !== tables.length) throw new Error(`${page} has ${after.length} tables of days`);
  const texts = after.map((text, index) => {
    const rest = text.slice(text.indexOf('\n\n'));
    return `${head}${(tables[index] ?? []).join('\n')}${rest}`;
  });
  writeFileSync(page, [before, ...texts].join(''));
}
