import { expect, it } from 'vitest';
import { SyntaxProblem, showProblem } from '../../../../functions/shared/mapping/language/syntax-problem.ts';

it('a problem is shown at its place, also where the text begins with a line break', () => {
  const shown = (at: number, text: string) => showProblem(new SyntaxProblem('no', at), text);
  expect(shown(0, '\nab')).toBe('line 1, column 1: no\n      \n      ^');
  expect(shown(2, '\nab')).toBe('line 2, column 2: no\n      ab\n       ^');
  expect(shown(9, '')).toBe('line 1, column 1: no\n      \n      ^');
});
