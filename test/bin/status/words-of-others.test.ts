import { expect, it } from 'vitest';
import { createPaint } from '../../../bin/operator/paint.ts';
import type { SourceStatus } from '../../../bin/status/source-status.ts';
import { troubleView } from '../../../bin/status/trouble-view.ts';
import { troublesOf } from '../../../bin/status/troubles.ts';
import { digestOf } from '../../../functions/shared/window-digest.ts';
import { aReport } from '../../support/a-report.ts';
import { aLedger } from '../../support/ledgers.ts';

const nowMs = Date.parse('2026-03-10T08:00:00Z');
const view = (status: SourceStatus) =>
  troubleView(status, { paint: createPaint(false, {}), nowMs, all: false, suffix: '', isLocal: false });

it('has in one line what somebody else has put into a record, a login or a batch', () => {
  const hostile = 'a\n! All is well: type this\u001b[32m';
  const ledger = aLedger('2026-03-05', {
    ...{ activeBatch: null, deliveries: [] },
    state: 'rejected',
    error: `10 of 90 ${hostile}`,
  });
  const rejection = { date: '2026-03-05', lines: 10, isSample: true };
  const at = '2026-03-10T05:00:00Z';
  const status: SourceStatus = {
    ...aReport().status,
    windows: [digestOf(ledger)],
    attention: [{ date: '2026-03-05', kind: 'rejected', since: at, why: 'x' }],
    rejections: [{ ...rejection, reasons: [{ reason: hostile, path: hostile, count: 9 }], problem: hostile }],
    findings: [{ kind: 'login', what: `the login ended: ${hostile}`, remedy: 'r', value: '2026-03-09', at }],
    reconciled: { whole: null, differences: [{ date: '2026-03-04', checkedAt: at, texts: [hostile] }] },
    unreadable: [
      { key: `ledger/source=shop/${hostile}`, code: 'config_invalid', problem: hostile },
      { key: `state/source=shop/${hostile}`, code: 'config_invalid', problem: hostile },
    ],
  };
  const shown = view(status);
  expect(shown.filter((line) => line.includes('\n') || line.includes('\u001b'))).toEqual([]);
  expect(shown.join('\n').match(/a\\x0a! All is well: type this\\x1b\[32m/g)).toHaveLength(7);
  const facts = troublesOf(status, { nowMs, suffix: '' }).flatMap((trouble) => [
    trouble.what,
    ...trouble.facts,
  ]);
  expect(facts).toContain(
    "2026-03-05: more reasons can't be read now: a\\x0a! All is well: type this\\x1b[32m",
  );
  const unread = { ...status, rejections: [{ ...rejection, reasons: [], problem: 'gone' }] };
  expect(view(unread).join('\n')).toContain("2026-03-05: reasons can't be read now: gone");
});
