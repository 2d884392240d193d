import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { afterEach, describe, expect, it } from 'vitest';
import { exportWindow } from '../../../functions/export-window/export-window.ts';
import { addForgotten } from '../../../functions/shared/forgotten.ts';
import { createMixpanelClient } from '../../../functions/shared/mixpanel/mixpanel-client.ts';
import { queryBudgetKey } from '../../../functions/shared/object-keys.ts';
import { plainId } from '../../../functions/shared/person-ids.ts';
import { readBudgetLeft } from '../../../functions/shared/query-budget.ts';
import type { Fault } from '../../simulators/mixpanel/faults.ts';
import { defaultUsername, type MixpanelOptions } from '../../simulators/mixpanel/options.ts';
import { type MixpanelSimulator, startMixpanel } from '../../simulators/mixpanel/server.ts';
import { window } from '../../support/load-world.ts';
import { type ReconcileWorld, startReconcileWorld } from '../../support/reconcile-world.ts';
import { createRecordedLog } from '../../support/recorded-log.ts';

const { date } = window;
const secret = 'a-secret-of-some-length';
const projectId = 7;
const privacyKey = 'the-key-of-hashes';
/** In the night after the window; late events come an hour later. */
const exportedAt = Date.UTC(2026, 2, 9, 1);

let mixpanel: MixpanelSimulator;
let world: ReconcileWorld;
afterEach(async () => {
  await world.close();
  await mixpanel.close();
});

interface Given {
  readonly mixpanel?: Partial<MixpanelOptions>;
  readonly forgotten?: (mixpanel: MixpanelSimulator) => readonly string[];
}

/** A window that was exported from Mixpanel and delivered; by a source that hashes and drops properties. */
async function deliverWindow(given: Given = {}): Promise<string> {
  mixpanel = await startMixpanel({
    secret,
    projects: [{ projectId }],
    eventsPerDay: 60,
    duplicates: 0.1,
    // The tests ask faster, one after the other, than Mixpanel would let one project.
    perSecond: 1000,
    ...given.mixpanel,
  });
  world = await startReconcileWorld(
    {},
    {
      mixpanel: { projectId, baseUrl: mixpanel.url, appUrl: mixpanel.url, timestamps: 'utc' },
      privacy: { hash: ['distinct_id'], drop: ['$city'] },
    },
  );
  const { secrets, store, settings } = world;
  const credential = { kind: 'serviceAccount', username: defaultUsername, secret } as const;
  const SecretString = JSON.stringify({ username: defaultUsername, secret });
  await secrets.send(new PutSecretValueCommand({ SecretId: 'OperatorTest/shop/mixpanel', SecretString }));
  const key = JSON.stringify({ key: privacyKey });
  await secrets.send(new CreateSecretCommand({ Name: 'OperatorTest/shop/privacy', SecretString: key }));
  if (given.forgotten !== undefined) await addForgotten(store, settings.id, given.forgotten(mixpanel));
  const client = createMixpanelClient({
    ...settings.mixpanel,
    credentials: { get: async () => credential, refresh: async () => credential },
    clock: Date.now,
  });
  const { manifest } = await exportWindow(
    { settings, store, mixpanel: client, clock: () => exportedAt, log: createRecordedLog(), privacyKey },
    { date },
  );
  const { run, completedAt: at } = manifest;
  await world.changeLedger((ledger) => ({
    ...ledger,
    state: 'exported',
    exported: { run, request: `request of ${run}`, at },
  }));
  await world.deliver(run);
  return run;
}

const recount = (more: Readonly<Record<string, unknown>> = {}) =>
  world.status({ date, reconcile: true, recount: true, check: true, ...more });
const exportsAsked = () => mixpanel.requests().filter(({ path }) => path.endsWith('/export')).length;
const queriesSpent = async () =>
  (await readBudgetLeft(world.store, world.settings.mixpanel, Date.now())).used;

async function archiveKeys(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of world.store.list('raw/')) keys.push(key);
  return keys;
}

describe('a recount', () => {
  it('finds the same events in another order to be the same, and keeps nothing of them', async () => {
    const run = await deliverWindow();
    const before = await archiveKeys();
    const { code, text } = await recount();
    expect(text()).toMatch(/Mixpanel now +66 +as exported 20\S+ \S+; 0 of them processed since run/);
    expect(text()).toMatch(/Mixpanel now .*\n {2}duplicates +6\n/);
    expect(text()).toContain(
      `Mixpanel has what run ${run} has, event for event; duplicates left out\nno difference\n`,
    );
    expect(code).toBe(0);
    expect(exportsAsked()).toBe(2);
    expect(await queriesSpent()).toBe(1);
    expect(await archiveKeys()).toEqual(before);
    const { json } = await recount({ json: true });
    expect(json()).toMatchObject({
      reconciliation: { exported: { records: 66 }, delivered: { received: 66 }, differences: [] },
      recount: {
        kind: 'counted',
        received: 66,
        duplicates: 6,
        forgotten: 0,
        processedSince: 0,
        heldTo: { run, received: 66, duplicates: 6 },
        isSame: true,
        lookbackAt: null,
      },
    });
  });

  it('is not made where it is not asked for', async () => {
    await deliverWindow();
    expect((await world.status({ date, reconcile: true, json: true })).json()).not.toHaveProperty('recount');
    expect(exportsAsked()).toBe(1);
    expect(await queriesSpent()).toBe(0);
  });

  it('tells how many events have come since, and what brings them', async () => {
    const run = await deliverWindow({ mixpanel: { lateRows: { share: 0.2, fromPull: 2 } } });
    const { code, text } = await recount();
    expect(code).toBe(1);
    expect(text()).toMatch(/Mixpanel now +78 .*; 12 of them processed since run/);
    expect(text()).toContain(
      `! Mixpanel has 12 events more than run ${run} of 2026-03-09 01:00Z, duplicates left out; no look-back exports the window again\n  connector replay ${date} --source shop`,
    );
    expect(text()).not.toContain('no difference');
    const { json } = await recount({ json: true });
    expect(json()).toMatchObject({
      reconciliation: { differences: [{ kind: 'mixpanel_differs' }] },
      recount: { isSame: false, processedSince: 12 },
    });
  });

  it('tells of other content of as many events, as where identities were merged', async () => {
    await deliverWindow({ mixpanel: { rekey: { share: 1, fromPull: 2 } } });
    const { code, text } = await recount();
    expect(code).toBe(1);
    expect(text()).toMatch(/! Mixpanel has as many events as run \S+ of \S+ \S+, and of another content/);
  });

  it('hashes by the key of the secret, as the export does', async () => {
    await deliverWindow();
    const SecretString = JSON.stringify({ key: 'another' });
    await world.secrets.send(
      new PutSecretValueCommand({ SecretId: 'OperatorTest/shop/privacy', SecretString }),
    );
    expect((await recount()).text()).toContain('and of another content');
  });

  it('leaves out whom exports leave out', async () => {
    await deliverWindow({
      forgotten: (simulator) =>
        [...simulator.expectedEvents(projectId, date)]
          .map(({ distinctId }) => plainId(distinctId))
          .filter((id) => id !== '')
          .slice(0, 1),
    });
    const { code, text, json } = await recount({ json: true });
    expect(json()).toMatchObject({ recount: { isSame: true, forgotten: expect.any(Number) } });
    expect(text()).not.toContain('"forgotten":0');
    expect(code).toBe(0);
  });

  const cuts: readonly Fault[] = [
    { kind: 'terminatedEarly', afterRows: 10 },
    { kind: 'close', afterRows: 10 },
    { kind: 'gzipCut', afterRows: 10 },
  ];
  it.each(cuts)('is an error, and no smaller count, where the answer is cut by $kind', async (fault) => {
    await deliverWindow();
    mixpanel.setFaults([fault]);
    await expect(recount()).rejects.toThrow(
      `counting window ${date}: the answer is not the whole window, so it tells no number; its query is spent`,
    );
    expect(await queriesSpent()).toBe(1);
  });

  it('is refused where no query is left, without asking Mixpanel', async () => {
    await deliverWindow();
    const queries = Array.from({ length: 50 }, () => Date.now() - 1_800_000);
    await world.store.put(
      queryBudgetKey(String(projectId)),
      JSON.stringify({ version: 1, queries, blockedUntil: 0 }),
    );
    await expect(recount()).rejects.toThrow(
      `counting window ${date}: all 50 export queries of the hour are spent; ask again in 3`,
    );
    expect(exportsAsked()).toBe(1);
  });

  it('has every function wait where Mixpanel asks for a pause, and is refused until it is over', async () => {
    await deliverWindow();
    mixpanel.setFaults([{ kind: 'status', status: 429, retryAfterSeconds: 600 }]);
    await expect(recount()).rejects.toThrow(
      'Mixpanel takes no more queries at the moment (HTTP 429); ask again in 10 min',
    );
    await expect(recount()).rejects.toThrow(
      /Mixpanel asked for a pause until 20\S+ \S+Z; ask again in \d+ min/,
    );
    expect(exportsAsked()).toBe(2);
  });

  it('spends no query on a window that is on its way, or that nothing is known of', async () => {
    await deliverWindow();
    await world.changeLedger((ledger) => ({ ...ledger, state: 'exporting' }));
    const { code, text } = await recount();
    expect(text()).toContain('Mixpanel was not counted: something is on its way for the window');
    expect(code).toBe(1);
    const { json } = await recount({ date: '2026-03-07', json: true });
    expect(json()).toMatchObject({
      reconciliation: null,
      recount: { kind: 'skipped', why: 'nothing is known of the window' },
    });
    expect(exportsAsked()).toBe(1);
    expect(await queriesSpent()).toBe(0);
  });

  it('holds Mixpanel to a window without events as well', async () => {
    await deliverWindow({ mixpanel: { eventsPerDay: 0 } });
    const { code, json } = await recount({ json: true });
    expect(json()).toMatchObject({
      ledger: { state: 'empty' },
      recount: { received: 0, isSame: true },
    });
    expect(code).toBe(0);
  });
});

it('needs a window, and is not repeated by --watch', async () => {
  await deliverWindow({ mixpanel: { eventsPerDay: 0 } });
  await expect(world.status({ recount: true })).rejects.toThrow('--recount: found true; needs a date');
  await expect(recount({ watch: true })).rejects.toThrow('--watch: found true; must be left out');
});
