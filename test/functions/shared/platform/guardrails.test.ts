import { describe, expect, it } from 'vitest';
import {
  checkGuardrails,
  dailyBackfillBatches,
  dailyWindows,
} from '../../../../functions/shared/platform/guardrails.ts';
import { type SourceSettings, sourceSchema } from '../../../../functions/shared/source-settings.ts';

function sourceOf(id: string, changed: { sandbox?: string; lookbackDays?: number; profile?: boolean } = {}) {
  const { sandbox = 'prod', lookbackDays = 5, profile = true } = changed;
  return sourceSchema.parse({
    id,
    mixpanel: { projectId: 7 },
    schedule: { lookbackDays },
    platform: { orgId: 'O@AdobeOrg', sandbox, datasetId: 'd', schemaId: 's', tenant: 't', profile },
  });
}

function broken(sources: SourceSettings[], rows: number, bytesPerRow = 1000): string[] {
  const volumes = new Map(sources.map(({ id }) => [id, { rows, bytesPerRow }]));
  return checkGuardrails(sources, volumes)
    .filter(({ kept }) => !kept)
    .map(({ guardrail }) => guardrail);
}

describe('guardrails', () => {
  it('count the windows of all schedules of a sandbox, and of no other', () => {
    const sources = [
      sourceOf('a'),
      sourceOf('b', { lookbackDays: 2 }),
      sourceOf('c', { sandbox: 'dev', lookbackDays: 30 }),
    ];
    expect(sources.map((source) => dailyWindows(sources, source))).toEqual([9, 9, 31]);
  });

  it('leave backfill at least one batch a day', () => {
    expect([dailyBackfillBatches(60, 6), dailyBackfillBatches(6, 31)]).toEqual([54, 1]);
  });

  it('are kept by an ordinary source', () => {
    const checks = checkGuardrails([sourceOf('a')], new Map([['a', { rows: 1e6, bytesPerRow: 1000 }]]));
    expect(checks.map(({ guardrail, expected, kept }) => [guardrail, expected, kept])).toEqual([
      ['batchesPerDay', 6, true],
      ['bytesPerHour', 6e9, true],
      ['bytesPerBatch', 1e9, true],
      ['bytesPerProfileEvent', 1000, true],
    ]);
  });

  it('say nothing of volumes that are not known', () => {
    expect(checkGuardrails([sourceOf('a')]).map(({ guardrail }) => guardrail)).toEqual(['batchesPerDay']);
  });

  it('name what a configuration breaks, and for how long uploads are spread', () => {
    const three = ['a', 'b', 'c'].map((id) => sourceOf(id, { lookbackDays: 30 }));
    expect(broken(three, 1000)).toEqual(['batchesPerDay']);
    expect(broken([sourceOf('a')], 1e7)).toEqual(['bytesPerHour']);
    expect(broken([sourceOf('a')], 2e8)).toEqual(['bytesPerHour', 'bytesPerBatch']);
    expect(broken([sourceOf('a')], 10, 11_000)).toEqual(['bytesPerProfileEvent']);
    expect(broken([sourceOf('a', { profile: false })], 10, 11_000)).toEqual([]);
    const volumes = new Map([['a', { rows: 1e7, bytesPerRow: 1000 }]]);
    const spread = checkGuardrails([sourceOf('a')], volumes).find(
      ({ guardrail }) => guardrail === 'bytesPerHour',
    );
    expect(spread?.meaning).toContain('spread over 3 hours');
  });
});
