import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { type DeployTarget, deployTarget } from '../support/deploy-target.ts';
import {
  type DeployedConnector,
  deployConnector,
  hasAwsCommand,
  mixpanelOptions,
  replayInReadme,
} from '../support/deployed-connector.ts';
import { assumeRoles, measureRights } from '../support/deployed-rights.ts';
import { describeWhere } from '../support/describe-where.ts';
import { expectedRows } from '../support/local-command.ts';
import { settledDay } from '../support/settled-day.ts';

await settledDay();

const target = deployTarget();
describeWhere(
  `the stack, deployed to ${target?.name ?? 'an emulator'} by CDK's own command line`,
  { found: target, otherwise: 'moto_server is not on the PATH, nor is CONNECTOR_DEPLOY_ENDPOINT set' },
  deployed,
);

function deployed(to: DeployTarget): void {
  const dir = mkdtempSync(join(tmpdir(), 'connector-deployed-'));
  const windows: string[] = [];
  let connector: DeployedConnector;
  // Three calls of a command line that takes seconds to load, on a machine that is busy with the other tests.
  beforeAll(async () => {
    connector = await deployConnector(to, dir);
  }, 300_000);
  afterAll(async () => {
    await connector?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it('has three functions, and mappings that take one message at a time and report failed ones', async () => {
    const functions = await connector.api.functions();
    const kinds = functions.map(
      ({ FunctionName }) => /(Plan|Export|Load)Windows?(?=Function)/.exec(FunctionName)?.[0],
    );
    expect(kinds.toSorted()).toEqual(['ExportWindow', 'LoadWindow', 'PlanWindows']);
    const mappings = await connector.api.mappings();
    expect(mappings).toHaveLength(2);
    for (const mapping of mappings)
      expect(mapping).toMatchObject({ BatchSize: 1, FunctionResponseTypes: ['ReportBatchItemFailures'] });
  });

  it('plans and delivers the window that is due, by the functions as they were read back', async () => {
    const plan = (await connector.api.functions()).find(({ FunctionName }) =>
      FunctionName.includes('PlanWindows'),
    );
    const response = await connector.host.invoke(plan?.FunctionArn ?? '', {});
    const [due = ''] = z.object({ windows: z.array(z.string()).length(1) }).parse(response).windows;
    windows.push(due);
    expect(await connector.ledgerOnceSettled(due)).toMatchObject({ state: 'delivered', error: null });
    expect(await connector.activeRows()).toEqual(await expectedRows(windows, mixpanelOptions));
  }, 180_000);

  const sender = hasAwsCommand ? 'AWS command line' : 'SDK, as the AWS command line is not on the PATH';
  it(`delivers the window of README's replay message, sent by the ${sender}`, async () => {
    const { date } = replayInReadme();
    windows.push(date);
    await connector.sendReplay();
    expect(await connector.ledgerOnceSettled(date)).toMatchObject({ state: 'delivered', error: null });
    expect(await connector.activeRows()).toEqual(await expectedRows(windows, mixpanelOptions));
  }, 180_000);

  const moto = { found: to.name === 'moto', otherwise: 'policies are known to be evaluated by moto alone' };
  describeWhere('the deployed stack, with policies in force', moto, () =>
    it('lets each function do what it has to with archive and queues and no more, by policies as moto evaluates them', async () => {
      await connector.host.stop(10_000);
      const roles = await assumeRoles(connector.api);
      // From here on moto looks at signatures and policies.
      await fetch(`${connector.url}/moto-api/reset-auth`, { method: 'POST', body: '0' });
      const { url, outputs } = connector;
      expect(await measureRights({ url, outputs, roles })).toEqual({
        PlanWindows: ['get ledger/source=shop/x', 'send to ShopWindowQueueUrl'],
        ExportWindow: [
          'put raw/source=shop/x',
          'get raw/source=shop/x',
          'put ledger/source=shop/x',
          'get ledger/source=shop/x',
          'send to ShopWindowQueueUrl',
          'send to ShopLoadQueueUrl',
        ],
        LoadWindow: [
          'get raw/source=shop/x',
          'put rejected/source=shop/x',
          'put ledger/source=shop/x',
          'get ledger/source=shop/x',
          'send to ShopLoadQueueUrl',
        ],
      });
    }, 60_000),
  );
}
