import { describe, expect, it } from 'vitest';
import { planWindows } from '../../../functions/plan-windows/plan-windows.ts';
import { timestampsKey } from '../../../functions/shared/object-keys.ts';
import { sourceSchema } from '../../../functions/shared/source-settings.ts';
import { archiveRights } from '../../../lib/archive-rights.ts';
import { allowedStore } from '../../support/allowed-store.ts';
import { createMemoryObjectStore } from '../../support/memory-object-store.ts';
import { createMemoryQueue } from '../../support/memory-queue.ts';
import { createRecordedLog } from '../../support/recorded-log.ts';

interface Plan {
  readonly now: string;
  readonly mixpanel?: object;
  readonly lookbackDays?: number;
  /** What was measured before. */
  readonly decision?: 'utc' | 'project';
}

/** Plans at this moment. @returns what was asked for, in order. */
async function planned({ now, mixpanel = {}, lookbackDays = 2, decision }: Plan) {
  const store = createMemoryObjectStore();
  const windowQueue = createMemoryQueue();
  const settings = sourceSchema.parse({
    id: 'shop',
    mixpanel: { projectId: 7, ...mixpanel },
    schedule: { lookbackDays },
    platform: { orgId: 'o@AdobeOrg', sandbox: 'prod', datasetId: 'd', schemaId: 's', tenant: 'acme' },
  });
  const none = { events: 1, affected: 1, imported: 0, unstamped: 0, atUtc: 0, nearUtc: 0, belowUtc: 0 };
  if (decision !== undefined) {
    const evidence = {
      ...none,
      nearProject: 0,
      belowProject: 0,
      elsewhere: 1,
      medianDelaySeconds: null,
      medianOffsetSeconds: null,
    };
    const decidedAt = '2026-01-01T00:00:00.000Z';
    const { timezone } = settings.mixpanel;
    const record = { version: 1, source: 'shop', decision, timezone, decidedAt, run: 'r1', evidence };
    await store.put(timestampsKey('shop'), JSON.stringify(record));
  }
  const allowed = allowedStore(store, archiveRights(settings).planWindows);
  const clock = () => Date.parse(now);
  await planWindows({ settings, store: allowed, windowQueue, clock, log: createRecordedLog() });
  return windowQueue.sent.map(({ body }) => body);
}

const asked = (...dates: string[]) => dates.map((date) => ({ date, reason: 'schedule' }));

describe('the daily plan', () => {
  it('asks for the newest day that has ended, then for the look-back, one message each', async () => {
    expect(await planned({ now: '2026-03-09T03:30:00Z' })).toEqual(
      asked('2026-03-08', '2026-03-07', '2026-03-06'),
    );
    expect(await planned({ now: '2026-03-09T03:30:00Z', lookbackDays: 0 })).toEqual(asked('2026-03-08'));
  });

  it.each([
    ['project', 'Asia/Tokyo', '2026-03-08'],
    ['utc', 'Asia/Tokyo', '2026-03-07'],
    ['project', 'America/Los_Angeles', '2026-03-07'],
  ] as const)(
    'goes by the zone in which Mixpanel reads dates: %s, %s',
    async (decision, timezone, newest) => {
      // In Tokyo the ninth has begun, in UTC and Los Angeles the eighth.
      const now =
        decision === 'utc' || timezone === 'Asia/Tokyo' ? '2026-03-08T18:30:00Z' : '2026-03-08T10:30:00Z';
      const byMeasure = { now, lookbackDays: 0, decision, mixpanel: { timezone } };
      expect(await planned(byMeasure)).toEqual(asked(newest));
      const bySetting = { now, lookbackDays: 0, mixpanel: { timezone, timestamps: decision } };
      expect(await planned(bySetting)).toEqual(asked(newest));
    },
  );

  it('waits for the end of a day in either zone while it is not known how the project stores time', async () => {
    const plan = (now: string, timezone: string) => planned({ now, lookbackDays: 0, mixpanel: { timezone } });
    expect(await plan('2026-03-08T18:30:00Z', 'Asia/Tokyo')).toEqual(asked('2026-03-07'));
    expect(await plan('2026-03-09T06:59:00Z', 'America/Los_Angeles')).toEqual(asked('2026-03-07'));
    expect(await plan('2026-03-09T07:00:00Z', 'America/Los_Angeles')).toEqual(asked('2026-03-08'));
  });
});
