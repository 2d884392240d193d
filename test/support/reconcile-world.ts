import { readFileSync } from 'node:fs';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { differenceKinds } from '../../bin/reconcile/reconciliation.ts';
import { runStatus } from '../../bin/status/run-status.ts';
import { createMappingOpener } from '../../functions/load-window/open-mapping.ts';
import type { Ledger } from '../../functions/shared/ledger.ts';
import { createLedgerStore } from '../../functions/shared/ledger-store.ts';
import { parseMappingSet } from '../../functions/shared/mapping/index.ts';
import type { DeliverMessage } from '../../functions/shared/messages.ts';
import { createSchemaRegistry } from '../../functions/shared/platform/schema-registry.ts';
import { createSchemaKeeper } from '../../functions/shared/stored-schema.ts';
import { secretName } from '../../lib/source-names.ts';
import { localPlatform, type PlatformOptions } from '../simulators/platform/options.ts';
import { createLoadWorld, deliver, window } from './load-world.ts';
import { startOperatorWorld, type WorldSource } from './operator-world.ts';
import { recordOutput } from './recorded-output.ts';

/** Of `status DATE --reconcile --json`, what tests look at. */
export const checkedSchema = z.looseObject({
  reconciliation: z.looseObject({
    isPending: z.boolean(),
    differences: z.array(z.strictObject({ kind: z.enum(differenceKinds), text: z.string() })),
  }),
});

/** Windows delivered to the Platform simulator by the default mapping, and the commands that look at them. */
export async function startReconcileWorld(
  options: Partial<PlatformOptions> = {},
  source: Partial<WorldSource> = {},
) {
  const load = await createLoadWorld({ platform: { processingMs: 1, previewRows: 100, ...options } });
  const { url } = load.platform;
  const operator = await startOperatorWorld([
    {
      id: window.source,
      mixpanel: { projectId: 7 },
      platform: { baseUrl: url, imsUrl: url },
      schedule: { enabled: false },
      ...source,
    },
  ]);
  const { stackName, store, settings: all } = operator;
  const [settings = load.deps.settings] = all;
  const SecretId = secretName(stackName, settings.id, 'platform');
  const { clientId, clientSecret } = localPlatform;
  const SecretString = JSON.stringify({ clientId, clientSecret });
  await operator.aws.secrets.send(new PutSecretValueCommand({ SecretId, SecretString }));
  const ledgers = createLedgerStore(store, Date.now);
  const { platform, mapping, strictMapping: strict } = settings;
  const set = parseMappingSet(readFileSync(mapping, 'utf8'), { variables: { TENANT: platform.tenant } });
  const common = { ...platform, clock: Date.now, log: load.log };
  const registry = createSchemaRegistry(load.client);
  const schemas = createSchemaKeeper({ ...common, source: settings.id, store, registry });
  const openMapping = createMappingOpener({ ...common, set, strict, schemas });

  const world = {
    store,
    settings,
    secrets: operator.aws.secrets,
    platformUrl: url,
    addFault: load.platform.addFault,
    client: load.client,
    batches: load.deps.batches,
    ledger: () => ledgers.read(window),
    changeLedger: (change: (ledger: Ledger) => Ledger) => ledgers.update(window, change),
    /** Stores a complete run of these lines; it is not delivered yet. */
    async storeRun(run: string, lines: readonly string[]): Promise<void> {
      await load.storeRun(run, lines, 20);
      for (const [key, body] of load.store.objects) if (key.startsWith('raw/')) await store.put(key, body);
      const exported = { run, request: `request of ${run}`, at: new Date().toISOString() };
      await ledgers.update(window, (ledger) => ({ ...ledger, state: 'exported', exported }));
    },
    async deliver(run: string, changed: Partial<DeliverMessage> = {}): Promise<void> {
      const opened = await openMapping(new AbortController().signal);
      await load.drain({ ...deliver(run), ...changed }, { stackName, settings, store, ledgers, ...opened });
      await load.platform.idle();
    },
    /** Does to a batch what Platform's API does not offer. */
    async tamper(batch: string | null, change: object): Promise<void> {
      const body = JSON.stringify(change);
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${url}/_sim/batches/${batch}/tamper`, { method: 'POST', headers, body });
      if (answer.status !== 204) throw new Error(`tampering: ${await answer.text()}`);
    },
    async status(given: Readonly<Record<string, unknown>> = {}, onTerminal = false) {
      const recorded = recordOutput({ onTerminal });
      const options = { data: operator.dir, ...given };
      const code = await runStatus(options, recorded.output, new AbortController().signal);
      return { code, ...recorded };
    },
    /** The differences that Platform is found to have, by kind. */
    async differences(): Promise<string[]> {
      const { json } = await world.status({ date: window.date, reconcile: true, json: true });
      return checkedSchema.parse(json()).reconciliation.differences.map(({ kind }) => kind);
    },
    async catalogRequests(): Promise<number> {
      const answer: unknown = await (await fetch(`${url}/_sim/stats`)).json();
      const { requests } = z
        .looseObject({ requests: z.record(z.string(), z.record(z.string(), z.number())) })
        .parse(answer);
      return Object.values(requests.catalog ?? {}).reduce((sum, count) => sum + count, 0);
    },
    async close() {
      await operator.close();
      await load.close();
    },
  };
  return world;
}

export type ReconcileWorld = Awaited<ReturnType<typeof startReconcileWorld>>;
