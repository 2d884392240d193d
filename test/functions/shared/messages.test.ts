import { describe, expect, it } from 'vitest';
import { loadMessageSchema, parseWindowMessage } from '../../../functions/shared/messages.ts';

describe('a window message', () => {
  it.each([
    [{ date: '2026-03-08' }],
    [{ date: '2026-03-08', reload: true, reason: 'mapping mended' }],
    [{ from: '2026-01-01', to: '2026-03-08' }],
    [{ from: '2026-01-01', to: '2026-01-01', reload: true }],
  ])('is understood: %j', (message) => {
    expect(parseWindowMessage(JSON.stringify(message))).toEqual(message);
  });

  it.each([
    ['not json', 'not JSON'],
    ['[]', 'must be one JSON object'],
    ['"2026-03-08"', 'must be one JSON object'],
    ['{}', 'date: found nothing; must be a day, YYYY-MM-DD'],
    ['{"date":"2026-02-30"}', 'date: found "2026-02-30"; must be a day'],
    ['{"date":"8 March"}', 'must be a day, YYYY-MM-DD'],
    ['{"date":20260308}', 'date: found 20260308'],
    ['{"date":"2026-03-08","Reload":true}', 'Reload: unknown key'],
    ['{"date":"2026-03-08","reload":"yes"}', 'reload: found "yes"; must be true'],
    ['{"date":"2026-03-08","reload":false}', 'reload: found false; must be true, or be left out'],
    ['{"date":"2026-03-08","from":"2026-03-08","to":"2026-03-09"}', 'date: unknown key'],
    ['{"from":"2026-03-08"}', 'to: found nothing'],
    ['{"from":"2026-03-08","to":"2026-03-07"}', 'from: found "2026-03-08"; must not be after "to"'],
  ])('is refused with what was found and what is allowed: %s', (body, problem) => {
    expect(() => parseWindowMessage(body)).toThrow(problem);
  });

  it('names everything that is wrong at once', () => {
    const problems = [
      'date: found 1; must be a day, YYYY-MM-DD',
      'reload: found 2; must be true, or be left out',
      'why: unknown key; remove it or correct its spelling',
    ];
    expect(() => parseWindowMessage('{"date":1,"reload":2,"why":3}')).toThrow(
      expect.objectContaining({ problems }),
    );
  });
});

describe('a message that asks for a delivery', () => {
  const message = { version: 1, type: 'deliver', date: '2026-03-08', run: 'r', reload: false };
  const isTaken = (request: string, reason: string) =>
    loadMessageSchema.safeParse({ ...message, request, reason }).success;

  it('brings no more into the ledger than a window message may', () => {
    expect(isTaken(`${'a'.repeat(128)}/2026-03-08`, 'b'.repeat(500))).toBe(true);
    expect(isTaken('a', 'b'.repeat(501))).toBe(false);
    expect(isTaken('a'.repeat(301), 'b')).toBe(false);
  });
});
