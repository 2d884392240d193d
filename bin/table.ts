import { inLine } from './operator/printable.ts';

/** A column of a table; numbers stand to the right. */
export interface Column {
  readonly heading: string;
  readonly right?: boolean;
}

/** A cell with a colour, which takes no room. */
export type Cell = string | { readonly text: string; readonly paint: (text: string) => string };

/** A table for people: a line of headings, a rule, a line for each row. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly Cell[])[]): string {
  const widths = columns.map(({ heading }, index) =>
    Math.max(heading.length, ...rows.map((row) => textOf(row[index]).length)),
  );
  const line = (cells: readonly Cell[]) =>
    cells
      .map((cell, index) => {
        const text = textOf(cell);
        const last = index === cells.length - 1;
        const gap = ' '.repeat(Math.max(0, (widths[index] ?? 0) - text.length));
        const shown = typeof cell === 'string' ? text : cell.paint(text);
        return columns[index]?.right === true ? `${gap}${shown}` : `${shown}${last ? '' : gap}`;
      })
      .join('  ')
      .trimEnd();
  return [
    line(columns.map(({ heading }) => heading)),
    widths.map((width) => '-'.repeat(width)).join('  '),
    ...rows.map(line),
  ].join('\n');
}

function textOf(cell: Cell | undefined): string {
  return inLine(typeof cell === 'object' ? cell.text : (cell ?? ''));
}
