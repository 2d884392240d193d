import { expect, it } from 'vitest';
import { ConfigError, describeError } from '../../../functions/shared/errors.ts';

it('puts an error with its causes on one line, a single problem without a dash and several with one each', () => {
  const cause = new Error('ENOENT');
  expect(describeError(new ConfigError('reading x', ['a: found 1; must be 2'], { cause }))).toBe(
    'reading x: a: found 1; must be 2: ENOENT',
  );
  expect(describeError(new ConfigError('reading x', ['a: wrong', 'b: wrong']))).toBe(
    'reading x: - a: wrong - b: wrong',
  );
  expect(describeError('text')).toBe('text');
});
