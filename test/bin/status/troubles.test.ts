import { describe, expect, it } from 'vitest';
import type { DeadLetter } from '../../../bin/operator/dead-letters.ts';
import { createPaint } from '../../../bin/operator/paint.ts';
import { daysText } from '../../../bin/status/days-text.ts';
import type { SourceStatus } from '../../../bin/status/source-status.ts';
import { agoText } from '../../../bin/status/time-text.ts';
import { troubleView } from '../../../bin/status/trouble-view.ts';
import { troublesOf } from '../../../bin/status/troubles.ts';
import type { Attention } from '../../../functions/shared/attention.ts';
import type { Ledger } from '../../../functions/shared/ledger.ts';
import { sourceSchema } from '../../../functions/shared/source-settings.ts';
import { digestOf } from '../../../functions/shared/window-digest.ts';
import { aReport } from '../../support/a-report.ts';
import { aDelivery, aLedger } from '../../support/ledgers.ts';

const nowMs = Date.parse('2026-03-10T08:00:00Z');
const well: SourceStatus = { ...aReport().status, windows: [], running: [], attention: [] };
const nothingStands = { activeBatch: null, deliveries: [] };

/** A status in which these windows have failed, with their dead letters. */
function failed(
  dates: readonly string[],
  { code, reason, ledger = nothingStands }: { code?: string; reason: string; ledger?: Partial<Ledger> },
): SourceStatus {
  const windows = dates.map((date) => digestOf(aLedger(date, { ...ledger, state: 'failed', error: reason })));
  return {
    ...well,
    windows,
    attention: dates.map(
      (date): Attention => ({ date, kind: 'failed', since: '2026-03-10T05:00:00.000Z', why: reason }),
    ),
    ...letters(code === undefined ? [] : dates.map((window) => letter({ window, code, reason }))),
  };
}

function letter(changes: Partial<DeadLetter>): DeadLetter {
  return {
    ...{ queue: 'window', id: 'm', receiptHandle: 'h', body: '{}', code: 'export_incomplete', reason: 'cut' },
    ...{ request: undefined, window: undefined, sentAt: '2026-03-10T05:00:01.000Z' },
    ...changes,
  };
}

/** A status in which a window has failed, with these dead letters. */
function withLetters(window: string, found: readonly Partial<DeadLetter>[]): SourceStatus {
  const status = failed([window], { reason: 'x' });
  const updated = status.windows.map((digest) => ({ ...digest, updatedAt: '2026-03-10T05:00:00.000Z' }));
  return { ...status, windows: updated, ...letters(found.map((one) => letter({ window, ...one }))) };
}

function sliceBody(slice: string): string {
  const run = '20260310T030000000Z-00000000';
  return JSON.stringify({ version: 1, type: 'slice', date: '2026-03-05', run, slice });
}

function letters(found: readonly DeadLetter[]) {
  return { deadLetters: { count: found.length, letters: found } };
}

const troubles = (status: SourceStatus) => troublesOf(status, { nowMs, suffix: '' });
const view = (status: SourceStatus) =>
  troubleView(status, { paint: createPaint(false, {}), nowMs, all: false, suffix: '', isLocal: false });

describe('troubles', () => {
  it('tells of windows with the same cause and of their dead letters once, with one command', () => {
    const status = failed(['2026-03-05', '2026-03-06', '2026-03-07'], {
      code: 'platform_unavailable',
      reason: 'creating a batch: HTTP 503: busy',
    });
    const [only, ...others] = troubles(status);
    expect(others).toEqual([]);
    expect(only).toMatchObject({ days: ['2026-03-05', '2026-03-06', '2026-03-07'], count: 3 });
    expect(only?.facts).toContain('Missing in Platform: the data of 2026-03-05 to 2026-03-07.');
    expect(only?.steps[0]).toBe('Try again: connector redrive --code platform_unavailable --source shop');
    expect(view(status)[0]).toBe('Needs you: 3 days are not delivered (2026-03-05 to 2026-03-07)');
  });

  it('keeps windows apart whose causes differ', () => {
    const one = failed(['2026-03-05'], { code: 'mixpanel_plan', reason: 'a' });
    const other = failed(['2026-03-06'], { code: 'mixpanel_refused', reason: 'b' });
    const both = {
      ...one,
      windows: [...one.windows, ...other.windows],
      attention: [...one.attention, ...other.attention],
      ...letters([...one.deadLetters.letters, ...other.deadLetters.letters]),
    };
    expect(troubles(both).map(({ code }) => code)).toEqual(['mixpanel_plan', 'mixpanel_refused']);
    // Where no dead letter is left to name a code, the reasons tell.
    const untold = troubles({ ...both, ...letters([]) });
    expect(untold.map(({ details }) => details)).toEqual(['a', 'b']);
  });

  it('says of a window that was delivered before that it stands, and is not up to date', () => {
    const status = failed(['2026-03-05'], { code: 'mixpanel_plan', reason: 'a', ledger: {} });
    expect(view(status)[0]).toBe('Needs you: 1 day is not up to date (2026-03-05)');
    expect(view(status)[1]).toBe('Newest day in Platform: 2026-03-05.');
    expect(troubles(status)[0]?.facts[0]).toContain('What was delivered of it before is still there.');
  });

  it('says when the schedule asks again by itself, and for which days alone', () => {
    const schedule = { lastMs: 0, nextMs: Date.parse('2026-03-11T02:30:00Z'), nextDays: ['2026-03-06'] };
    const facts = (days: readonly string[], code: string) =>
      troubles({ ...failed(days, { code, reason: 'x' }), schedule })[0]?.facts.at(-1);
    expect(facts(['2026-03-06'], 'export_incomplete')).toBe(
      'The schedule asks for it again by itself at 2026-03-11 02:30Z.',
    );
    expect(facts(['2026-03-05', '2026-03-06'], 'mixpanel_plan')).toBe(
      'The schedule asks for it again by itself for 2026-03-06 alone at 2026-03-11 02:30Z, which helps only if it is mended by then.',
    );
    expect(facts(['2026-03-05'], 'mixpanel_plan')).toBe('The schedule does not ask for it again by itself.');
    const settings = sourceSchema.parse({ ...aSource, schedule: { enabled: false } });
    const off = { ...failed(['2026-03-06'], { code: 'mixpanel_plan', reason: 'x' }), settings, schedule };
    expect(troubles(off)[0]?.facts.at(-1)).toBe('The schedule is off, so nothing tries again by itself.');
    expect(view(off)[2]).toContain('The schedule is off: no new day is exported.');
  });

  it('asks anew for a window whose dead letter is gone, and says that it may be at work', () => {
    const status = { ...failed(['2026-03-05'], { reason: 'HTTP 500' }), queues: { windows: 1, loads: 0 } };
    const [only] = troubles(status);
    expect(only?.steps).toContain('Try again: connector replay 2026-03-05 --source shop');
    expect(only?.facts.join('\n')).toContain('Messages wait in the queues (1)');
    expect(only?.details).toBe('HTTP 500');
  });

  it('counts windows whose dead letters were too many to be looked at to those with the same reason', () => {
    const days = Array.from({ length: 90 }, (_, index) =>
      new Date(Date.parse('2025-12-01') + index * 86_400_000).toISOString().slice(0, 10),
    );
    const refused = (day: string) => `exporting window ${day}: HTTP 402: no`;
    const all = days.map((day) => failed([day], { code: 'mixpanel_plan', reason: refused(day) }));
    const status: SourceStatus = {
      ...well,
      windows: all.flatMap(({ windows }) => windows),
      attention: all.flatMap(({ attention }) => attention),
      deadLetters: { count: 90, letters: all.slice(0, 50).flatMap(({ deadLetters }) => deadLetters.letters) },
    };
    expect(troubles(status)).toMatchObject([{ count: 90, code: 'mixpanel_plan' }]);
    expect(troubles(status)[0]?.steps.at(-1)).toContain('redrive --code mixpanel_plan');
    // Of those that are gone, nothing can be sent back.
    const gone = { ...status, deadLetters: { ...status.deadLetters, count: 50 } };
    expect(troubles(gone).map(({ count, code }) => [count, code])).toEqual([
      [50, 'mixpanel_plan'],
      [40, undefined],
    ]);
  });

  it('asks for many windows by their ranges', () => {
    const days = Array.from({ length: 12 }, (_, index) => `2026-02-${String(index + 10)}`);
    const [only] = troubles(failed(days, { reason: 'HTTP 500' }));
    expect(only?.steps[0]).toBe('Try again: connector backfill 2026-02-10 2026-02-21 --source shop');
  });

  it('replays what is damaged, and then takes its dead letter away', () => {
    const [only] = troubles(
      failed(['2026-03-05'], { code: 'part_damaged', reason: 'mapping k: it has 3 lines' }),
    );
    expect(only?.steps).toEqual([
      'Export and deliver it anew: connector replay 2026-03-05 --source shop',
      'Take the message that was given up away: connector redrive --drop --code part_damaged --window 2026-03-05 --source shop',
    ]);
  });

  it('tells of a dead letter whose window was delivered since as of a leftover', () => {
    const windows = [digestOf(aLedger('2026-03-05', { updatedAt: '2026-03-10T06:00:00.000Z' }))];
    const body = '{"date":"2026-03-05"}';
    const found = letters([letter({ window: '2026-03-05', body })]);
    const status = { ...well, windows, ...found };
    expect(view(status)[0]).toBe('Needs you: 1 old failure to clear away');
    expect(troubles(status)[0]?.facts[0]).toBe('It is about 2026-03-05. Nothing is missing for its sake.');
    expect(troubles(status)[0]?.steps).toEqual([
      'Take it away: connector redrive --drop --code export_incomplete --window 2026-03-05 --source shop',
    ]);
    // What was given up afterwards was asked for, and not done.
    const later = letters([letter({ window: '2026-03-05', sentAt: '2026-03-10T07:00:00.000Z' })]);
    expect(view({ ...status, ...later })[0]).toBe('Needs you: 1 message could not be carried out');
  });

  it('never holds what is left of a backfill for a leftover, whatever became of the day that it begins with', () => {
    const windows = [digestOf(aLedger('2026-03-05', { updatedAt: '2026-03-10T06:00:00.000Z' }))];
    const body = '{"from":"2026-03-05","to":"2026-06-30"}';
    const range = letter({ window: '2026-03-05', code: 'none', body });
    const [only, ...others] = troubles({ ...well, windows, ...letters([range]) });
    expect(others).toEqual([]);
    expect(only).toMatchObject({
      kind: 'order',
      days: [],
      steps: [
        'Try again: connector redrive --code none --source shop',
        expect.stringContaining('If it fails again'),
      ],
      details: 'cut (backfill of 2026-03-05 to 2026-06-30)',
    });
    // A leftover would be dropped by code and window, and the range with it.
    const old = letter({ window: '2026-03-05', code: 'none', body: '{"date":"2026-03-05"}' });
    const both = troubles({ ...well, windows, ...letters([range, old]) });
    expect(both.map(({ kind }) => kind)).toEqual(['order', 'order']);
    // Nor is it what its first day has failed for.
    const day = failed(['2026-03-05'], { code: 'mixpanel_plan', reason: 'x' });
    const all = troubles({ ...day, ...letters([range, ...day.deadLetters.letters]) });
    expect(all.map(({ kind, code }) => [kind, code])).toEqual([
      ['failed', 'mixpanel_plan'],
      ['order', 'none'],
    ]);
  });

  it('sends back every slice of a run that was given up, whatever their codes', () => {
    const status = withLetters('2026-03-05', [
      { code: 'mixpanel_timeout', body: sliceBody('3'), sentAt: '2026-03-10T04:00:00.000Z' },
      { code: 'mixpanel_timeout', body: '{"date":"2026-03-05"}', sentAt: '2026-03-10T03:00:00.000Z' },
      { code: 'export_incomplete', body: sliceBody('7') },
      // Asked for the day, as a newer one does now.
      { code: 'mixpanel_plan', body: '{"date":"2026-03-05"}', sentAt: '2026-03-09T04:00:00.000Z' },
    ]);
    const [failure, leftover, ...others] = troubles(status);
    expect(others).toEqual([]);
    expect(failure).toMatchObject({ kind: 'failed', code: 'export_incomplete' });
    expect(failure?.steps[0]).toBe(
      'Try again: connector redrive --code export_incomplete mixpanel_timeout --source shop',
    );
    expect(leftover?.kind).toBe('leftover');
    expect(leftover?.steps).toEqual([
      'Take it away: connector redrive --drop --code mixpanel_plan --window 2026-03-05 --source shop',
    ]);
  });

  it.each(['upload', 'confirm', 'deliver'])(
    'sends back a message of the load queue with the failure of its day: %s',
    (type) => {
      const body = JSON.stringify({ version: 1, type, date: '2026-03-05', run: 'r1' });
      const status = withLetters('2026-03-05', [
        { queue: 'load', code: 'none', body, sentAt: '2026-03-10T04:00:00.000Z' },
        { code: 'rate_limited', body: '{"date":"2026-03-05"}' },
      ]);
      expect(troubles(status)).toMatchObject([
        {
          code: 'rate_limited',
          steps: [expect.stringContaining('redrive --code none rate_limited'), expect.any(String)],
        },
      ]);
    },
  );

  it('goes by the letter that tells why a delivery was given up, not by those that came after', () => {
    const load = (run: string) =>
      ({ queue: 'load', body: JSON.stringify({ type: 'deliver', date: '2026-03-05', run }) }) as const;
    const told = { ...load('r2'), code: 'inlet_refuses', sentAt: '2026-03-10T04:00:00.000Z' };
    const later = { ...load('r2'), code: 'delivery_failed' };
    expect(troubles(withLetters('2026-03-05', [told, later]))).toMatchObject([{ code: 'inlet_refuses' }]);
    // What an earlier run failed for says nothing of this one.
    const [other] = troubles(withLetters('2026-03-05', [{ ...told, ...load('r1') }, later]));
    expect(other?.code).toBe('delivery_failed');
    expect(other?.what).not.toContain('took the rows');
  });

  it.each([
    ['timestamps_unknown', 'its events do not tell'],
    ['mixpanel_auth', 'the credential is good in us and not known in eu: x'],
    ['mixpanel_auth', '; may not open project 7 but 8: correct mixpanel.projectId'],
    ['window_too_large', 'x'],
  ])(
    'exports anew where a slice would be fetched with the configuration of before: %s, %s',
    (code, reason) => {
      const one = { code, reason, body: sliceBody('3') };
      const [only] = troubles(withLetters('2026-03-05', [one]));
      const steps = only?.steps.join('\n') ?? '';
      expect(steps).toContain('Export and deliver it anew: connector replay 2026-03-05 --source shop');
      expect(steps).toContain(`redrive --drop --code ${code} --window 2026-03-05`);
      const whole = { ...one, body: '{"date":"2026-03-05"}' };
      const isAlways = code === 'window_too_large';
      const again = isAlways ? 'connector replay 2026-03-05' : `redrive --code ${code} `;
      expect(troubles(withLetters('2026-03-05', [whole]))[0]?.steps.join('\n')).toContain(again);
    },
  );

  it('waits for Platform to decide on a batch, and has nothing typed', () => {
    const body = JSON.stringify({ type: 'deliver', date: '2026-03-05', run: 'r1' });
    const reason = 'batch 01HX was not ingested within a day';
    const [only] = troubles(
      withLetters('2026-03-05', [{ queue: 'load', code: 'batch_stalled', reason, body }]),
    );
    expect(only?.steps).toEqual([
      expect.stringContaining('Ask Adobe support why the batch 01HX does not end.'),
      'There is nothing to type: it goes on by itself.',
    ]);
  });

  it('holds a message that can not be understood for nothing that a retry helps', () => {
    const reason = 'reading a window message: - date: found nothing; must be a day - day: unknown key';
    const found = letters([letter({ code: 'config_invalid', body: '{"day":"x"}', reason })]);
    const [only] = troubles({ ...well, ...found });
    expect(only?.what).toContain('{"day":"x"}');
    expect(only?.facts).toContain('- date: found nothing; must be a day');
    expect(only?.facts).toContain('It goes away by itself on 2026-03-24.');
    expect(only?.steps.at(-1)).toContain(
      'connector redrive --drop --code config_invalid --match "reading a"',
    );
    expect(only?.steps.join('\n')).not.toMatch(/redrive --code/);
  });

  it('tells why records were rejected, which is not known of all of them', () => {
    const ledger = aLedger('2026-03-05', {
      ...nothingStands,
      state: 'rejected',
      error: '10 of 90 records rejected; see rejected/',
    });
    const status: SourceStatus = {
      ...well,
      windows: [digestOf(ledger)],
      attention: [{ date: '2026-03-05', kind: 'rejected', since: '2026-03-10T05:00:00.000Z', why: 'x' }],
      rejections: [
        {
          date: '2026-03-05',
          lines: 2000,
          isSample: true,
          reasons: [{ reason: 'no time', path: '/timestamp', count: 1999 }],
        },
      ],
    };
    const [only] = troubles(status);
    expect(only?.facts.join('\n')).toContain(
      '2026-03-05: 10 of 90 records rejected. Why, most frequent first of the first 2,000 looked at: 1,999 times /timestamp: no time.',
    );
    expect(only?.steps.join('\n')).toContain('s3://archive/rejected/source=shop/date=2026-03-05/');
    expect(only?.steps.at(-1)).toContain('connector replay 2026-03-05 --reload --source shop');
    // Platform's refusals come after its good rows are in.
    const partly = digestOf({ ...ledger, activeBatch: 'b', deliveries: [aDelivery({ batchId: 'b' })] });
    expect(view({ ...status, windows: [partly] })[0]).toBe(
      'Needs you: 1 day is delivered without some records (2026-03-05)',
    );
  });

  it('tells of the newest rejected days one by one, which are those that were looked at', () => {
    const days = ['2026-03-02', '2026-03-03', '2026-03-04', '2026-03-05'];
    const status: SourceStatus = {
      ...well,
      windows: days.map((day) => digestOf(aLedger(day, { ...nothingStands, state: 'rejected', error: 'r' }))),
      attention: days.map((date) => ({
        ...{ date, kind: 'rejected', since: '2026-03-10T05:00:00.000Z', why: '10 of 90 records rejected' },
      })),
      rejections: days.slice(1).map((date) => ({
        ...{ date, lines: 9, isSample: false, reasons: [{ reason: 'no time', path: null, count: 9 }] },
      })),
    };
    const facts = troubles(status).flatMap((one) => one.facts);
    expect(facts.filter((fact) => fact.includes('no time')).map((fact) => fact.slice(0, 10))).toEqual(
      days.slice(1),
    );
    expect(facts.filter((fact) => fact.startsWith('2026-03-02:'))).toEqual([]);
  });

  it('has the zone that Mixpanel says set where times make no sense, and tells of it once', () => {
    const findings = [
      {
        kind: 'timezone',
        what: 'Mixpanel says US/Pacific',
        remedy: 'r',
        value: 'US/Pacific',
        at: '2026-03-10T05:00:00Z',
      } as const,
    ];
    const status = { ...failed(['2026-03-05'], { code: 'timestamps_unknown', reason: 'x' }), findings };
    const [only, ...others] = troubles(status);
    expect(others).toEqual([]);
    expect(only?.steps[0]).toContain('connector.config.json to "US/Pacific"');
    expect(troubles({ ...well, findings })[0]).toMatchObject({ kind: 'setup' });
  });

  it('names the day on which a login ends, and says so when it has ended', () => {
    const login = (value: string) =>
      [
        {
          kind: 'login',
          what: `the Mixpanel login ends on ${value}: x`,
          remedy: 'r',
          value,
          at: '2026-03-10T05:00:00Z',
        },
      ] as const;
    expect(view({ ...well, findings: login('2026-03-15') })[0]).toBe(
      'Needs you before 2026-03-15: the Mixpanel login ends',
    );
    expect(view({ ...well, findings: login('2026-03-09') })[0]).toBe(
      'Needs you: the Mixpanel login ends on 2026-03-09',
    );
  });
});

const aSource = {
  id: 'shop',
  mixpanel: { projectId: 7 },
  platform: { orgId: 'o', sandbox: 'prod', datasetId: 'd', schemaId: 's', tenant: 't' },
};

describe('the view of troubles', () => {
  it('stays bounded, and counts what it does not show', () => {
    const found = Array.from({ length: 30 }, (_, index) =>
      letter({ code: 'config_invalid', body: `${index}`, reason: 'reading a window message: no' }),
    );
    const status = { ...well, deadLetters: { count: 80, letters: found } };
    const lines = view(status);
    expect(lines[0]).toBe('Needs you: 30 messages could not be carried out, 50 more messages were given up');
    expect(lines.length).toBeLessThan(130);
    expect(lines).toContain('… and 21 more; --json has all');
  });

  it('numbers steps, and has further lines of one below it', () => {
    const lines = view(failed(['2026-03-05'], { code: 'timestamps_unknown', reason: 'x' }));
    expect(lines.filter((line) => /^ {2}\d\. /.test(line))).toHaveLength(4);
    expect(lines.some((line) => line.startsWith('     If it is Europe/Madrid: '))).toBe(true);
  });

  it('says that trying again is harmless, which is not wholly so where rows are streamed', () => {
    const status = failed(['2026-03-05'], { code: 'mixpanel_plan', reason: 'x' });
    expect(view(status).join('\n')).toContain('Trying again never doubles data');
    const platform = { ...aSource.platform, delivery: 'streaming', inletUrl: 'https://i/collection/1' };
    const settings = sourceSchema.parse({ ...aSource, platform });
    expect(view({ ...status, settings }).join('\n')).toContain('some may come twice');
  });
});

it('shortens days in a row to ranges', () => {
  expect(daysText(['2026-03-08', '2026-02-27', '2026-03-01', '2026-02-28', '2026-03-08'])).toBe(
    '2026-02-27 to 2026-03-01, 2026-03-08',
  );
  expect(daysText([1, 3, 5, 7, 9].map((day) => `2026-03-0${day}`))).toMatch(/2026-03-07 and others$/);
});

it.each([
  [20_000, 'a moment ago'],
  [60_000, '1 minute ago'],
  [59 * 60_000, '59 minutes ago'],
  [3_600_000, '1 hour ago'],
  [47 * 3_600_000, '47 hours ago'],
  [48 * 3_600_000, '2 days ago'],
])('says how long ago %i ms are: %s', (ms, text) => {
  expect(agoText(ms)).toBe(text);
});
