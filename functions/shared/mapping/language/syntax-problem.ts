/** Text that is not an expression or a path of the language: where, what was expected and what stands there. */
export class SyntaxProblem extends Error {
  override readonly name = 'SyntaxProblem';
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** Lines longer than this are shown as an excerpt around the caret. */
const maxShownColumns = 100;

/** The problem with its line, column, the text of that line and a caret below the place. */
export function showProblem(problem: SyntaxProblem, text: string): string {
  const at = Math.min(problem.at, text.length);
  // Before the first place, lastIndexOf would look at the first.
  const lineStart = at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
  const lineEnd = text.indexOf('\n', at);
  const line = text.slice(lineStart, lineEnd === -1 ? undefined : lineEnd).replaceAll('\t', ' ');
  const column = at - lineStart;
  const from = Math.max(0, Math.min(column - maxShownColumns / 2, line.length - maxShownColumns));
  const excerpt = line.slice(from, from + maxShownColumns);
  const number = text.slice(0, lineStart).split('\n').length;
  const head = `line ${number}, column ${column + 1}: ${problem.message}`;
  return `${head}\n      ${excerpt}\n      ${' '.repeat(column - from)}^`;
}
