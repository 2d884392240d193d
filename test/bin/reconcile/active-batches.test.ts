import { expect, it } from 'vitest';
import { listBatches } from '../../../bin/reconcile/active-batches.ts';
import { batchExternalId } from '../../../functions/shared/platform/batch-name.ts';
import type { BatchReport } from '../../../functions/shared/platform/batches.ts';

const dates = ['2026-03-07', '2026-03-08'];
const asked = {
  stackName: 'Stack',
  source: 'shop',
  datasetIds: new Set(['d1']),
  dates,
  expected: new Set(['b149']),
};

function aBatch(
  id: string,
  externalId: string | undefined,
  phase: BatchReport['phase'] = 'active',
): BatchReport {
  return { id, externalId, status: phase, phase, accepted: 1, failed: 0, errors: [] };
}

const nameOf = (date: string, stack = 'Stack', source = 'shop') =>
  batchExternalId(stack, { source, date }, '20260309T033105000Z-9a8b7c6d');

/** Catalog with these batches, and what it was asked for. */
function catalog(all: readonly BatchReport[], heedsStart = true) {
  const requests: [datasetId: string, createdAfterMs: number, start: number][] = [];
  return {
    requests,
    async list(datasetId: string, createdAfterMs: number, start: number) {
      requests.push([datasetId, createdAfterMs, start]);
      const first = heedsStart ? start : 0;
      return all.slice(first, first + 100);
    },
  };
}

it('lists page by page, from the day before the oldest window on', async () => {
  const others = Array.from({ length: 149 }, (_, index) => aBatch(`b${index}`, undefined));
  const platform = catalog([...others, aBatch('b149', nameOf('2026-03-08'))]);
  const listed = await listBatches(platform, asked);
  const afterMs = Date.parse('2026-03-06T00:00:00Z');
  expect(platform.requests).toEqual([
    ['d1', afterMs, 0],
    ['d1', afterMs, 100],
  ]);
  expect(listed.get('b149')?.id).toBe('b149');
  expect(listed.get('b1')).toBeUndefined();
  expect(listed.activeOf('2026-03-08', 'd1').map(({ id }) => id)).toEqual(['b149']);
});

it('takes for a window only what is active and has the name of that stack, source and day', async () => {
  const batches = [
    aBatch('active', nameOf('2026-03-07')),
    aBatch('replaced', nameOf('2026-03-07'), 'withdrawn'),
    aBatch('of another day', nameOf('2026-03-06')),
    aBatch('of another stack', nameOf('2026-03-07', 'Stack2')),
    aBatch('of another source', nameOf('2026-03-07', 'Stack', 'shop-eu')),
    aBatch('of somebody else', 'Stack.shop.nightly'),
  ];
  const listed = await listBatches(catalog(batches), asked);
  expect(listed.activeOf('2026-03-07', 'd1').map(({ id }) => id)).toEqual(['active']);
  expect(listed.activeOf('2026-03-08', 'd1')).toEqual([]);
  expect(listed.activeOf('2026-03-07', 'd2')).toEqual([]);
});

it('ends where pages bring nothing new, whatever their number', async () => {
  const batches = Array.from({ length: 100 }, (_, index) => aBatch(`b${index}`, nameOf('2026-03-07')));
  const platform = catalog(batches, false);
  const listed = await listBatches(platform, asked);
  expect(platform.requests).toHaveLength(2);
  expect(listed.activeOf('2026-03-07', 'd1')).toHaveLength(100);
});
