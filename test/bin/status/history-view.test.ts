import { expect, it } from 'vitest';
import { createPaint } from '../../../bin/operator/paint.ts';
import { historyView } from '../../../bin/status/history-view.ts';
import { aReport } from '../../support/a-report.ts';
import { aDelivery, aLedger } from '../../support/ledgers.ts';

it('has a line for each delivery and each reason, however many their own words have', () => {
  const error = 'the mapping does not fit the schema:\n  - rule 1: no such field\n  - rule 2: neither';
  const startedAt = '2026-03-08T03:31:05.000Z';
  const history = {
    source: 'shop',
    date: '2026-03-07',
    ledger: aLedger('2026-03-07', {
      error: 'failed:\n  - a\u001b[32m',
      activeBatch: 'b\n! type this',
      deliveries: [aDelivery({ startedAt, error }), aDelivery({ startedAt, reason: 'a\nb' })],
    }),
    runs: [],
    rejected: {
      run: 'r1',
      problem: 'part-00003: gone\n!',
      lines: 2,
      isSample: false,
      reasons: [{ reason: 'too long', path: '_acme.tags.a\n! type: this', count: 2 }],
    },
    deadLetters: [],
    places: aReport().status,
    unreadable: [{ key: 'raw/x\n! y', code: 'config_invalid', problem: 'no JSON\n! type this' }],
  };
  const lines = historyView(history, createPaint(false, {}), '').split('\n');
  expect(lines.filter((line) => line.startsWith('2026-03-08'))).toEqual([
    expect.stringMatching(
      / {2}the mapping does not fit the schema: - rule 1: no such field - rule 2: neither$/,
    ),
    expect.stringMatching(/ {2}a\\x0ab {2}/),
  ]);
  expect(lines).toContain('  It is raw/x\\x0a! y.');
  expect(lines).toContain('  details: no JSON ! type this');
  expect(lines).toContain('failed: - a\\x1b[32m');
  expect(lines).toContain('active batch: b\\x0a! type this');
  expect(lines).toContain("reasons can't be read now: part-00003: gone\\x0a!");
  expect(lines).toContain('         2  _acme.tags.a\\x0a! type: this: too long');
});
