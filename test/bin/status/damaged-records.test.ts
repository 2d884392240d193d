import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { runStatus } from '../../../bin/status/run-status.ts';
import {
  backfillKey,
  deliveryBudgetKey,
  ledgerKey,
  manifestKey,
  propertyReportKey,
  queryBudgetKey,
  reconciliationKey,
  sourceWatchKey,
  timestampsKey,
} from '../../../functions/shared/object-keys.ts';
import { newestSettledWindow, previousWindow } from '../../../functions/shared/window.ts';
import { aDelivery, aLedger } from '../../support/ledgers.ts';
import { type OperatorWorld, startOperatorWorld } from '../../support/operator-world.ts';
import { recordOutput } from '../../support/recorded-output.ts';

const orgId = '0123456789ABCDEF01234567@AdobeOrg';
let world: OperatorWorld;
beforeEach(async () => {
  world = await startOperatorWorld([
    { id: 'shop', schedule: { enabled: false } },
    {
      id: 'other',
      schedule: { enabled: false },
      mixpanel: { projectId: '7' },
      platform: { orgId, sandbox: 'dev' },
    },
  ]);
});
afterEach(async () => {
  await world.close();
});

async function status(options: Readonly<Record<string, unknown>> = {}) {
  const recorded = recordOutput();
  const code = await runStatus(
    { data: world.dir, ...options },
    recorded.output,
    new AbortController().signal,
  );
  return { code, ...recorded };
}

const put = (source: string, date: string, run?: string) => {
  const deliveries = [aDelivery(run === undefined ? {} : { run })];
  return world.store.put(
    ledgerKey({ source, date }),
    JSON.stringify({ ...aLedger(date, { deliveries }), source }),
  );
};

const detailsSchema = z.object({
  sources: z.array(
    z.object({
      id: z.string(),
      details: z.looseObject({
        unreadable: z.array(z.object({ key: z.string(), code: z.string(), problem: z.string() })),
        troubles: z.array(z.looseObject({ kind: z.string(), steps: z.array(z.string()) })),
      }),
    }),
  ),
});

const damaged = [
  { key: sourceWatchKey('shop'), fact: 'Schedule ', remedy: 'Put ' },
  { key: timestampsKey('shop'), fact: 'Schedule ', remedy: 'Delete it; ' },
  { key: reconciliationKey('shop'), fact: "Reconciled      can't be read", remedy: 'Delete it; ' },
  { key: queryBudgetKey('2195193'), fact: "Budget          can't be read", remedy: 'Delete it; ' },
  {
    key: deliveryBudgetKey(`${orgId}/prod`),
    fact: "Batches         can't be read",
    remedy: 'Delete it; ',
  },
  {
    key: backfillKey({ source: 'shop', request: 'r1' }),
    fact: `Backfill        can't be read: ${backfillKey({ source: 'shop', request: 'r1' })}`,
    remedy: 'Put ',
  },
];

describe('connector status, of a source with a damaged record', () => {
  it.each(damaged)(
    '$key: costs its own line, and says what to do in every form',
    async ({ key, fact, remedy }) => {
      const newest = newestSettledWindow(Date.now(), 'UTC');
      await put('shop', newest);
      await put('other', newest);
      await world.store.put(key, 'no JSON');
      const html = join(world.dir, 'status.html');
      const { text, code } = await status({ check: true, html });
      expect(code).toBe(1);
      const [shop = '', other = ''] = text().split(/^(?=other {2})/m);
      expect(shop).toContain('Needs you: 1 unreadable record\n');
      expect(shop).toContain(`  It is ${key}.\n  `);
      expect(shop).toContain(`  1. ${remedy}`);
      expect(shop).toContain(`${key}: (root): found text that is not JSON`);
      expect(shop).toContain(fact);
      expect(shop).toContain('D delivered 1');
      expect(other).toContain('All is well.');
      expect(other).not.toContain("can't be read");
      const page = readFileSync(html, 'utf8');
      expect(page).toContain(`It is ${key}.`);
      expect(page.match(/<li><b>/g)).toHaveLength(1);
      const { json } = await status({ json: true });
      const [{ details } = { details: undefined }, neighbour] = detailsSchema.parse(json()).sources;
      expect(details?.unreadable).toMatchObject([{ key, code: 'config_invalid' }]);
      expect(details?.troubles).toMatchObject([
        { kind: 'stored', steps: [expect.stringMatching(`^${remedy}`)] },
      ]);
      expect(neighbour?.details).toMatchObject({ unreadable: [], troubles: [], budget: { used: 0 } });
    },
  );

  it('has a newer release deployed again where that wrote the record, and deletes nothing of it', async () => {
    await world.store.put(queryBudgetKey('2195193'), '{"version":99}');
    const { text } = await status({ source: 'shop' });
    expect(text()).toContain('  1. Deploy the newer release again: npx cdk deploy');
    expect(text()).not.toContain('aws s3 rm');
  });
});

describe('connector status DATE, with a damaged record', () => {
  const date = '2026-03-08';
  const run = { source: 'shop', date, run: '20260309T033000123Z-1f2e3d4c' };
  const earlier = { ...run, run: '20260309T013000123Z-1f2e3d4c' };
  const manifest = {
    ...{ version: 1, ...earlier, startedAt: `${date}T23:00:00Z`, completedAt: `${date}T23:01:00Z` },
    ...{ requests: 1, parts: [], records: 0, duplicates: 0, bytes: 0, contentHash: '0'.repeat(64) },
    ...{ timestamps: 'utc', timezone: 'UTC' },
  };
  beforeEach(async () => {
    await put('shop', date);
    await world.store.put(manifestKey(earlier), JSON.stringify(manifest));
  });

  it('shows the other runs and the deliveries where a manifest can not be read', async () => {
    await world.store.put(manifestKey(run), 'no JSON');
    const { text } = await status({ source: 'shop', date });
    expect(text()).toContain(`shop ${date}  delivered`);
    expect(text()).toContain(`${earlier.run}  `);
    expect(text()).toContain('01M8CHMQ3Y96P5RVTQ2480RTFK');
    expect(text()).toContain(`aws s3 rm s3://operator-test/${manifestKey(run)}`);
    const { json } = await status({ source: 'shop', date, json: true });
    expect(json()).toMatchObject({ runs: [{ run: earlier.run }], unreadable: [{ key: manifestKey(run) }] });
  });

  it('shows the runs where the ledger can not be read', async () => {
    await world.store.put(ledgerKey(run), '{}');
    const { text } = await status({ source: 'shop', date });
    expect(text()).toContain(`shop ${date}  its ledger can't be read`);
    expect(text()).toContain(`${earlier.run}  `);
    expect(text()).toContain(`Put ${ledgerKey(run)} back as it was`);
  });
});

it('makes the page where a property report can not be read, with what came and went on the other days', async () => {
  const newest = newestSettledWindow(Date.now(), 'UTC');
  const before = previousWindow(newest);
  await put('shop', newest, 'r2');
  await put('shop', before, 'r1');
  const at = (date: string, run: string) => propertyReportKey({ source: 'shop', date, run });
  await world.store.put(at(newest, 'r2'), '{');
  const drift = {
    since: { date: '2026-03-01', run: 'r0' },
    appeared: ['checkout_step'],
    vanished: [],
    changed: [],
  };
  await world.store.put(
    at(before, 'r1'),
    JSON.stringify({
      ...{
        version: 1,
        source: 'shop',
        date: before,
        run: 'r1',
        records: 0,
        properties: [],
        unlisted: 0,
        drift,
      },
    }),
  );
  const html = join(world.dir, 'status.html');
  await status({ html });
  const page = readFileSync(html, 'utf8');
  expect(page).toContain('<code>checkout_step</code>');
  expect(page).toContain(`It is ${at(newest, 'r2')}.`);
  expect(page).toContain('It belongs to one attempt alone: the next one makes its own.');
});
