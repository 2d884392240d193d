import { constants, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../simulators/mixpanel/faults.ts';
import { type Answer, ask, day, errorOf, linesOf, textOf, withMixpanel } from './client.ts';

const gzip = { headers: { 'accept-encoding': 'gzip' } };

/** The answer that meets the fault, plain and compressed, each followed by a clean one. */
async function struck(fault: Fault, check: (answer: Answer, text: string) => void): Promise<void> {
  await withMixpanel({ eventsPerDay: 60 }, async (mixpanel) => {
    for (const options of [{}, gzip]) {
      mixpanel.setFaults([fault]);
      const answer = await ask(mixpanel, options);
      check(answer, leniently(answer));
      expect(linesOf(await ask(mixpanel, options))).toHaveLength(60);
    }
  });
}

/** What can be read of a body, even when its gzip stream is cut. */
function leniently({ headers, raw }: Answer): string {
  if (headers['content-encoding'] !== 'gzip') return raw.toString('utf8');
  return gunzipSync(raw, { finishFlush: constants.Z_SYNC_FLUSH }).toString('utf8');
}

const wholeLines = (text: string) =>
  text.split('\n').filter((line) => line.startsWith('{"event"') && line.endsWith('}}'));

describe('faults inside a 200', () => {
  it.each(['export terminated early', 'terminated early'] as const)('%s: as the last line', (text) =>
    struck({ kind: 'terminatedEarly', text }, (answer, body) => {
      expect([answer.status, answer.ended]).toEqual([200, true]);
      expect(body.endsWith(`}}\n${text}\n`)).toBe(true);
      expect(wholeLines(body)).toHaveLength(60);
    }),
  );

  it('terminated early: as the whole body, and after some rows', async () => {
    await struck({ kind: 'terminatedEarly', afterRows: 0 }, (answer, body) => {
      expect(body).toBe('export terminated early\n');
      expect(answer.headers['content-encoding']).toBeUndefined();
    });
    await struck({ kind: 'terminatedEarly', afterRows: 7 }, (_answer, body) => {
      expect(wholeLines(body)).toHaveLength(7);
      expect(body.endsWith('\nexport terminated early\n')).toBe(true);
    });
  });

  it('the begin of an error object at the end', () =>
    struck({ kind: 'errorTail', afterRows: 5 }, (answer, body) => {
      expect(answer.ended).toBe(true);
      expect(wholeLines(body)).toHaveLength(5);
      expect(body.endsWith('\n{"error":')).toBe(true);
    }));

  it('a reset in the middle of a line', () =>
    struck({ kind: 'reset', afterRows: 5 }, (answer, body) => {
      expect([answer.status, answer.ended]).toEqual([200, false]);
      expect(wholeLines(body)).toHaveLength(5);
      expect(body.endsWith('\n')).toBe(false);
    }));

  it('a connection closed at a line boundary', () =>
    struck({ kind: 'close', afterRows: 5 }, (answer, body) => {
      expect(answer.ended).toBe(false);
      expect(wholeLines(body)).toHaveLength(5);
      expect(body.endsWith('}}\n')).toBe(true);
    }));

  it('rows that are missing without a sign', () =>
    struck({ kind: 'shortEnd', afterShare: 0.5 }, (answer) => {
      expect(answer.ended).toBe(true);
      expect(linesOf(answer)).toHaveLength(30);
    }));

  it('a body that lacks its last bytes though HTTP ends well', () =>
    struck({ kind: 'gzipCut', bytes: 6 }, (answer, body) => {
      expect(answer.ended).toBe(true);
      if (answer.headers['content-encoding'] === 'gzip')
        expect(() => textOf(answer)).toThrow('unexpected end of file');
      else expect(body.endsWith('\n')).toBe(false);
    }));

  it('a line that is no event, with events before and after', () =>
    struck({ kind: 'badLine', afterRows: 10, line: '{"event":1}' }, (answer) => {
      expect(linesOf(answer)).toHaveLength(61);
      expect(linesOf(answer)[10]).toBe('{"event":1}');
    }));

  it('chunks so small that they split every character', () =>
    struck({ kind: 'tinyChunks', bytes: 3 }, (answer) => {
      expect(linesOf(answer)).toHaveLength(60);
      expect(answer.ended).toBe(true);
    }));

  it('a stall that ends', () =>
    struck({ kind: 'stall', afterRows: 3, ms: 30 }, (answer) => {
      expect(linesOf(answer)).toHaveLength(60);
    }));

  it('a stall without end, which the server can still be stopped in', () =>
    withMixpanel({ eventsPerDay: 60 }, async (mixpanel) => {
      mixpanel.setFaults([{ kind: 'stall', afterRows: 3 }]);
      const answer = ask(mixpanel);
      await expect.poll(() => mixpanel.requests().at(-1)?.bytes, { timeout: 20_000 }).toBeGreaterThan(1000);
      await mixpanel.close();
      expect((await answer).ended).toBe(false);
      expect(wholeLines(leniently(await answer)).length).toBeLessThanOrEqual(3);
    }));

  it('headers that let wait for themselves', () =>
    withMixpanel({ eventsPerDay: 2 }, async (mixpanel) => {
      mixpanel.setFaults([{ kind: 'slowFirstByte', ms: 2 ** 30 }]);
      const client = new AbortController();
      const answer = ask(mixpanel, { signal: client.signal });
      await expect.poll(() => mixpanel.stats().running, { timeout: 20_000 }).toBe(1);
      client.abort();
      await expect(answer).rejects.toThrow('aborted');
      await expect.poll(() => mixpanel.stats().byStatus, { timeout: 20_000 }).toEqual({ none: 1 });
    }));
});

describe('faults instead of a 200', () => {
  it.each([
    [400, 'Timeout Error.'],
    [401, 'Invalid credentials'],
    [402, 'Your plan does not allow this request'],
    [403, 'User does not have access to this project'],
    [404, 'Not found'],
    [429, 'rate limit reached'],
    [500, 'error completing export request'],
    [502, 'upstream connect error or disconnect/reset before headers'],
    [503, 'upstream connect error or disconnect/reset before headers'],
    [504, 'Timeout Error.'],
  ] as const)('a %i in words that clients met', (status, text) =>
    withMixpanel({ eventsPerDay: 1 }, async (mixpanel) => {
      mixpanel.setFaults([{ kind: 'status', status }]);
      const answer = await ask(mixpanel);
      expect([answer.status, errorOf(answer)]).toEqual([status, text]);
      expect(answer.headers['retry-after']).toBe(status === 429 ? '1' : undefined);
    }),
  );

  it('any words and any wait', () =>
    withMixpanel({ eventsPerDay: 1, errorBody: 'text' }, async (mixpanel) => {
      mixpanel.setFaults([
        { kind: 'status', status: 400, error: 'Unable to authenticate request' },
        { kind: 'status', status: 429, retryAfterSeconds: 7 },
      ]);
      expect(textOf(await ask(mixpanel))).toBe('Unable to authenticate request');
      expect((await ask(mixpanel)).headers['retry-after']).toBe('7');
      expect((await ask(mixpanel)).status).toBe(200);
    }));
});

describe('which requests a fault meets', () => {
  it('is chosen by project, day, count and repetition', () =>
    withMixpanel({ eventsPerDay: 1, projects: [{ projectId: 1 }, { projectId: 2 }] }, async (mixpanel) => {
      const status = async (project_id: string, date = day) =>
        (await ask(mixpanel, { query: { project_id, from_date: date, to_date: date } })).status;
      mixpanel.setFaults([{ kind: 'status', status: 500, projectId: 1, day, nth: 2, times: 2 }]);
      expect(await status('1')).toBe(200);
      expect(await status('2')).toBe(200);
      expect(await status('1', '2026-03-07')).toBe(200);
      expect([await status('1'), await status('1'), await status('1')]).toEqual([500, 500, 200]);
      mixpanel.setFaults([{ kind: 'status', status: 503, times: 0 }]);
      for (let query = 0; query < 5; query += 1) expect(await status('2')).toBe(503);
    }));

  it('can be set over HTTP, and nonsense is refused', () =>
    withMixpanel({ eventsPerDay: 1 }, async (mixpanel) => {
      const post = (body: unknown) => ask(mixpanel, { path: '/_sim/faults', method: 'POST', body });
      expect((await post({ faults: [{ kind: 'status', status: 502 }] })).status).toBe(200);
      expect((await ask(mixpanel)).status).toBe(502);
      expect((await post({ faults: [{ kind: 'earthquake' }] })).status).toBe(400);
      expect((await post({ faults: [{ kind: 'reset', afterRow: 1 }] })).status).toBe(400);
      expect((await post({ badDays: { seed: 1, maxPerDay: 2 } })).status).toBe(200);
    }));

  it('is a random mix on bad days: each day fails a few times at most, then never again', () =>
    withMixpanel({ eventsPerDay: 60, badDays: { seed: 4, maxPerDay: 3 } }, async (mixpanel) => {
      let failures = 0;
      for (let date = 1; date <= 8; date += 1) {
        const query = { from_date: `2026-03-0${date}`, to_date: `2026-03-0${date}` };
        const outcomes: boolean[] = [];
        for (let attempt = 0; attempt < 6; attempt += 1) {
          const answer = await ask(mixpanel, { ...gzip, query }).catch(() => undefined);
          outcomes.push(isComplete(answer));
        }
        const failed = outcomes.filter((complete) => !complete).length;
        expect(failed).toBeLessThanOrEqual(3);
        expect(outcomes.slice(failed)).toEqual(outcomes.slice(failed).map(() => true));
        failures += failed;
      }
      expect(failures).toBeGreaterThan(5);
    }));
});

/** What a careful client may take for the whole day; every fault of the mix must fail it. */
function isComplete(answer: Answer | undefined): boolean {
  if (answer?.status !== 200 || !answer.ended) return false;
  try {
    const text = textOf(answer);
    return text.endsWith('\n') && linesOf(answer).length === wholeLines(text).length;
  } catch {
    return false;
  }
}
