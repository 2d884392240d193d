import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { runForget } from '../../../bin/forget/run-forget.ts';
import { createLedgerStore } from '../../../functions/shared/ledger-store.ts';
import { manifestKey, partKey, runPrefix } from '../../../functions/shared/object-keys.ts';
import { createTextHash } from '../../../functions/shared/privacy.ts';
import { localPlatform } from '../../simulators/platform/options.ts';
import { startPlatform } from '../../simulators/platform/server.ts';
import { lineOf } from '../../support/forget-world.ts';
import { createLoadWorld, type LoadWorld, window } from '../../support/load-world.ts';
import { type OperatorWorld, startOperatorWorld, type WorldSource } from '../../support/operator-world.ts';
import { recordOutput } from '../../support/recorded-output.ts';

const run = '20260309T033000123Z-1f2e3d4c';
const person = 'person-4711';

const reportSchema = z.looseObject({
  dryRun: z.boolean(),
  ids: z.number(),
  newIds: z.number(),
  ordered: z.number(),
  complete: z.boolean(),
  evidence: z.string().nullable(),
  workOrders: z.array(z.looseObject({ namespace: z.string(), dataset: z.string(), ids: z.number() })),
  windows: z.array(
    z.looseObject({
      date: z.string(),
      runs: z.array(z.looseObject({ run: z.string(), removed: z.number(), kept: z.number() })),
      deleted: z.array(z.string()),
      pending: z.array(z.string()),
    }),
  ),
});

let dir: string;
let world: OperatorWorld;
let loads: LoadWorld;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'connector-forget-'));
  loads = await createLoadWorld();
});
afterEach(async () => {
  await world.close();
  await loads.close();
  rmSync(dir, { recursive: true, force: true });
});

/** A connector whose archive holds one run with these lines. */
async function begin(lines: readonly string[], source: Partial<WorldSource> = {}) {
  world = await startOperatorWorld([{ id: 'shop', ...source }]);
  const manifest = await loads.storeRun(run, lines);
  const at = { ...window, run };
  for (const key of [manifestKey(at), partKey(at, 0)])
    await world.store.put(key, loads.store.objects.get(key) ?? '');
  return manifest;
}

function idsFile(text: string): string {
  const file = join(dir, 'ids.txt');
  writeFileSync(file, text);
  return file;
}

async function forget(ids: string, options: object = {}, onTerminal = false) {
  const recorded = recordOutput({ onTerminal });
  const code = await runForget(
    { data: world.dir, ids: idsFile(ids), json: true, ...options },
    recorded.output,
  );
  expect(recorded.text() + recorded.notes()).not.toContain(person);
  return { code, report: reportSchema.parse(recorded.json()), progress: recorded.progress() };
}

async function keysOf(ofRun: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of world.store.list(runPrefix({ ...window, run: ofRun }))) keys.push(key);
  return keys;
}

async function windowMessages() {
  const { Messages = [] } = await world.aws.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: world.outputs.ShopWindowQueueUrl, MaxNumberOfMessages: 10 }),
  );
  return Messages.map(({ Body }) => JSON.parse(Body ?? ''));
}

const lines = [lineOf('e0', { distinct_id: 'anna' }), lineOf('e1', { distinct_id: person })];

describe('connector forget', () => {
  it('with --dry-run says what it would do, and does nothing', async () => {
    await begin(lines);
    const { code, report, progress } = await forget(`${person}\n`, { dryRun: true }, true);
    expect(code).toBe(0);
    expect(progress).toEqual([]);
    expect(report).toMatchObject({
      dryRun: true,
      newIds: 1,
      evidence: null,
      windows: [{ date: window.date, runs: [{ run, removed: 1, kept: 1 }] }],
    });
    expect(await keysOf(run)).toHaveLength(2);
    expect(await windowMessages()).toEqual([]);
    expect(await world.store.getText('state/source=shop/forgotten.json')).toBeUndefined();
  });

  it('shows on a terminal how far it is', async () => {
    await begin(lines);
    const recorded = recordOutput({ onTerminal: true });
    const options = { data: world.dir, ids: idsFile(`${person}\n`) };
    expect(await runForget(options, recorded.output)).toBe(0);
    expect(recorded.progress()).toEqual(['[....................] 0 of 1 windows', '']);
    expect(recorded.text()).toContain('1 window to be delivered anew');
  });

  it('puts a run without the person in the place of the old one, and asks for a reload', async () => {
    await begin(lines);
    const { code, report } = await forget(`\n${person}\r\nsomebody else\n`, { reason: 'request 12' });
    expect(code).toBe(0);
    expect(report).toMatchObject({ ids: 2, newIds: 2, complete: true });
    expect(await keysOf(run)).toEqual([]);
    expect(await windowMessages()).toEqual([{ date: window.date, reload: true, reason: 'request 12' }]);
    const evidence = await world.store.getText(report.evidence?.replace(/^s3:\/\/[^/]+\//, '') ?? '');
    expect(JSON.parse(evidence?.text ?? '')).toMatchObject({
      reason: 'request 12',
      completedAt: expect.any(String),
      runs: [{ run, removed: 1, kept: 1, reloaded: true }],
    });
    expect(evidence?.text).not.toContain(person);

    const again = await forget(`${person}\nsomebody else\n`);
    expect(again.report).toMatchObject({ newIds: 0, windows: [], evidence: report.evidence });
  });

  it('finds somebody whose ids privacy has hashed', async () => {
    const hashText = createTextHash('k');
    await begin(
      [
        lineOf('e0', { distinct_id: hashText('anna') }),
        lineOf('e1', { distinct_id: hashText(person) }),
        lineOf('e2', { distinct_id: hashText(`$device:${person}`) }),
      ],
      { privacy: { hash: ['distinct_id'] } },
    );
    const Name = `${world.stackName}/shop/privacy`;
    await world.aws.secrets.send(new CreateSecretCommand({ Name, SecretString: '{"key":"k"}' }));
    const { report } = await forget(person);
    expect(report.windows[0]?.runs).toMatchObject([{ removed: 2, kept: 1 }]);
  });

  it('leaves a run that is being delivered for later, and says so by its exit code', async () => {
    await begin(lines);
    const exported = { run, request: 'q', at: new Date(0).toISOString() };
    await createLedgerStore(world.store, Date.now).update(window, (ledger) => ({
      ...ledger,
      state: 'exported',
      exported,
    }));
    const { code, report } = await forget(person);
    expect(code).toBe(1);
    expect(report.complete).toBe(false);
    expect(report.windows[0]?.pending).toEqual([
      `run ${run} is being delivered; run this again when it has been`,
    ]);
    expect(await keysOf(run)).toHaveLength(2);
  });

  it('leaves what may still become a run for later, and deletes what will not', async () => {
    await begin(lines);
    await world.store.delete(manifestKey({ ...window, run }));
    const young = `${new Date().toISOString().replaceAll(/[-:.]/g, '')}-00000000`;
    await world.store.put(partKey({ ...window, run: young }, 0), 'a part');
    const { code, report } = await forget(person);
    expect(code).toBe(1);
    expect(report.windows).toMatchObject([{ deleted: [run], pending: [expect.stringContaining(young)] }]);
    expect(await keysOf(run)).toEqual([]);
    expect(await keysOf(young)).toHaveLength(1);
  });

  it('does all other windows where one has a part that is not what its manifest says', async () => {
    await begin(lines);
    const broken = { ...window, date: '2026-03-07', run };
    const manifest = JSON.stringify({
      ...(await loads.storeRun(run, lines, 1000, { date: '2026-03-07' })),
    });
    await world.store.put(manifestKey(broken), manifest);
    await world.store.put(partKey(broken, 0), loads.store.objects.get(partKey({ ...window, run }, 0)) ?? '');
    await world.store.put(manifestKey(broken), manifest.replace(/"sha256":"./, '"sha256":"0'));
    const { code, report } = await forget(person);
    expect(code).toBe(1);
    expect(report.windows).toMatchObject([
      { date: '2026-03-07', pending: [expect.stringContaining('part-00000')] },
      { date: window.date, runs: [{ run }] },
    ]);
  });

  it('refuses ids of nobody, wrong lines and an empty file, by line and without showing them', async () => {
    await begin(lines);
    const wrong = ['anna', 'undefined', '{"id":""}', '{"person":"secret-name"}', ' 0 '].join('\n');
    const refused = await forget(wrong).catch((error: unknown) => String(error));
    expect(refused).toContain('line 2 of');
    expect(refused).toContain('line 3 of');
    expect(refused).toContain('line 4 of');
    expect(refused).toContain('line 5 of');
    expect(refused).not.toContain('secret-name');
    await expect(forget('\n\n')).rejects.toThrow('has no id');
    await expect(forget(person, { ids: join(dir, 'none') })).rejects.toThrow('must be a text file');
    expect(await keysOf(run)).toHaveLength(2);
  });

  it('refuses to forget by a reload what was streamed', async () => {
    const inletUrl = 'https://dcs.example/collection/1';
    await begin(lines, { platform: { delivery: 'streaming', inletUrl } });
    await expect(forget(person)).rejects.toThrow('--work-order: found nothing; must be given');
  });
});

describe('a work order', () => {
  async function withPlatform(options: { readonly dailyDeletes?: number; readonly delivery?: 'streaming' }) {
    const platform = await startPlatform({ dataDir: join(dir, 'platform'), processingMs: 1, ...options });
    const { delivery } = options;
    await begin(lines, {
      platform: {
        baseUrl: platform.url,
        imsUrl: platform.url,
        ...(delivery === undefined ? {} : { delivery, inletUrl: `${platform.url}/collection/1` }),
      },
    });
    const { clientId, clientSecret } = localPlatform;
    await world.aws.secrets.send(
      new PutSecretValueCommand({
        SecretId: `${world.stackName}/shop/platform`,
        SecretString: JSON.stringify({ clientId, clientSecret }),
      }),
    );
    return platform;
  }

  it('asks for each id in each namespace that the mapping writes, or in its own, in orders of a bounded size', async () => {
    const platform = await withPlatform({});
    const many = Array.from({ length: 600 }, (_, index) => `{"namespace":"MIXPANEL","id":"u${index}"}`);
    const { report } = await forget([person, ...many].join('\n'), { workOrder: 'dataset' });
    // Each id in two forms, with and without the prefix of devices.
    expect(report.workOrders.map(({ namespace, ids, dataset }) => [namespace, ids, dataset])).toEqual([
      ['MIXPANEL', 1000, localPlatform.datasetId],
      ['MIXPANEL', 202, localPlatform.datasetId],
      ['MIXPANELUSER', 2, localPlatform.datasetId],
      ['MIXPANELDEVICE', 2, localPlatform.datasetId],
    ]);
    expect(report.ordered).toBe(1206);
    await platform.close();
  });

  it('is not begun with, nor is anything else, where the quota has no room for all of it', async () => {
    const platform = await withPlatform({ dailyDeletes: 5 });
    await expect(forget(person, { workOrder: true })).rejects.toThrow(
      '--work-order: needs 6 of dailyConsumerDeleteIdentitiesQuota, of which 5 are left',
    );
    expect(await keysOf(run)).toHaveLength(2);
    await platform.close();
  });

  it('is all there is for rows that were streamed: nothing is streamed again', async () => {
    const platform = await withPlatform({ delivery: 'streaming' });
    const ledgers = createLedgerStore(world.store, Date.now);
    const { contentHash } = await loads.storeRun(run, lines);
    await ledgers.update(window, (ledger) => ({
      ...ledger,
      state: 'delivered',
      activeContentHash: contentHash,
    }));
    const { report } = await forget(person, { workOrder: true });
    expect(report.workOrders.map(({ dataset }) => dataset)).toEqual(['ALL', 'ALL', 'ALL']);
    expect(await windowMessages()).toEqual([]);
    const [rewritten] = (await manifests()).map(({ contentHash }) => contentHash);
    expect((await ledgers.read(window)).activeContentHash).toBe(rewritten);
    await platform.close();
  });
});

async function manifests() {
  const found: { contentHash: string }[] = [];
  for await (const { key } of world.store.list('raw/source=shop/')) {
    if (!key.endsWith('/manifest.json')) continue;
    const text = (await world.store.getText(key))?.text ?? '';
    found.push(z.object({ contentHash: z.string() }).parse(JSON.parse(text)));
  }
  return found;
}
