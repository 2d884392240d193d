import { describe, expect, it } from 'vitest';
import { describeError } from '../../../../functions/shared/errors.ts';
import {
  authorizationOf,
  mixpanelSecretSchema,
  secretsOf,
} from '../../../../functions/shared/mixpanel/credentials.ts';
import { parseWith } from '../../../../functions/shared/parse.ts';

const read = (value: unknown) =>
  parseWith(mixpanelSecretSchema, value, 'reading the secret', { hideValues: true });
const base64 = (text: string) => Buffer.from(text).toString('base64');

function problemOf(value: unknown): string {
  try {
    read(value);
  } catch (error) {
    return describeError(error);
  }
  throw new Error('the secret was accepted');
}

describe('the Mixpanel secret', () => {
  it('is a service account, a bearer token or a project secret, in this order', () => {
    expect(authorizationOf(read({ username: 'a.mp-service-account', secret: 's', projectSecret: 'p' }))).toBe(
      `Basic ${base64('a.mp-service-account:s')}`,
    );
    expect(authorizationOf(read({ bearerToken: 'token', projectSecret: 'p' }))).toBe('Bearer token');
    expect(authorizationOf(read({ projectSecret: 'p' }))).toBe(`Basic ${base64('p:')}`);
  });

  it('may carry a line break from pasting, and keys of others', () => {
    expect(read({ username: ' a\n', secret: 's\n', owner: 'me' })).toEqual({
      kind: 'serviceAccount',
      username: 'a',
      secret: 's',
    });
  });

  it('names each field that is missing', () => {
    expect(problemOf({ username: '', secret: '' })).toMatch(
      /username: .*must be filled.* secret: .*must be filled/,
    );
    expect(problemOf({ username: 'a' })).toMatch(/secret: .*must be filled/);
    expect(problemOf({ username: 'a' })).not.toMatch(/username:/);
    expect(problemOf({})).toMatch(/bearerToken, or projectSecret/);
  });

  it('refuses what no header can carry, without saying the value', () => {
    const problem = problemOf({ bearerToken: 'sensitive token' });
    expect(problem).toMatch(/bearerToken/);
    expect(problem).not.toMatch(/sensitive/);
    expect(problemOf({ username: 'sensitive:name', secret: 'x' })).not.toMatch(/sensitive/);
    expect(problemOf(['sensitive'])).not.toMatch(/sensitive/);
  });

  it('knows every form of itself that must not be shown', () => {
    const texts = secretsOf({ kind: 'serviceAccount', username: 'a', secret: 'p w' });
    expect(texts).toEqual(expect.arrayContaining([`Basic ${base64('a:p w')}`, base64('a:p w'), 'p w']));
  });
});
