import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runRedrive } from '../../bin/redrive/run-redrive.ts';
import { runStatus } from '../../bin/status/run-status.ts';
import { createLoadWork } from '../../functions/load-window/load-work.ts';
import { settleMessage } from '../../functions/shared/settle-message.ts';
import { createSqsQueue } from '../../functions/shared/sqs-message-queue.ts';
import { newestSettledWindow } from '../../functions/shared/window.ts';
import { configOf, sourceInput, synthesise } from '../lib/synth-stack.ts';
import { createExportWorkWorld, type ExportWorkWorld } from '../support/export-work-world.ts';
import { createLoadWorld, deliver, eventLines, type LoadWorld } from '../support/load-world.ts';
import type { MemoryObjectStore } from '../support/memory-object-store.ts';
import { type OperatorWorld, startOperatorWorld } from '../support/operator-world.ts';
import { alarmSchema, raisedByQueues } from '../support/raised-alarms.ts';
import { recordOutput } from '../support/recorded-output.ts';

/** Alarms on what SQS itself measures: how deep queues are. */
const stack = synthesise(configOf({ sources: [sourceInput('shop')] }));
const alarms = stack.monitoring
  .ofType('AWS::CloudWatch::Alarm')
  .map(({ properties }) => alarmSchema.parse(properties));

let world: OperatorWorld;
beforeAll(async () => {
  world = await startOperatorWorld([{ id: 'shop', mixpanel: { projectId: 7 } }]);
});
let exporting: ExportWorkWorld | undefined;
let loading: LoadWorld | undefined;
afterEach(async () => {
  await exporting?.close();
  await loading?.close();
  exporting = undefined;
  loading = undefined;
});
afterAll(async () => {
  await world.close();
});

async function raisedNow(): Promise<string[]> {
  const { outputs: urls, aws } = world;
  const names = await raisedByQueues({ alarms, outputs: stack.template.Outputs, urls, sqs: aws.sqs });
  return names.map((name) => name.replace('MixpanelConnector-shop-', ''));
}

async function status(): Promise<string> {
  const recorded = recordOutput();
  await runStatus({ data: world.dir }, recorded.output, new AbortController().signal);
  return recorded.text();
}

/** What a function has left in its archive lies in the connector's too. */
async function keep(store: MemoryObjectStore): Promise<void> {
  for (const [key, body] of store.objects) if (key.startsWith('ledger/')) await world.store.put(key, body);
}

/** The queue of that output, as the deployed functions reach it. */
const queueOf = (output: string) => createSqsQueue(world.aws.sqs, world.outputs[output] ?? '');

/** Takes everything out of a dead-letter queue, as an operator does. */
async function redriveAll(): Promise<void> {
  await runRedrive({ data: world.dir, all: true }, recordOutput().output);
}

describe('alarms on dead letters', () => {
  it('are not raised while there are none', async () => {
    expect(await raisedNow()).toEqual([]);
  });

  it('window-dead-letters: a window that was not exported, until it is sent back', async () => {
    exporting = await createExportWorkWorld({
      startMs: Date.now(),
      mixpanel: { faults: [{ kind: 'terminatedEarly', times: 100 }] },
    });
    const date = newestSettledWindow(Date.now(), 'UTC');
    await exporting.windowQueue.send({ date });
    await exporting.run();
    for (const { body, attributes } of exporting.deadLetters.sent)
      await queueOf('ShopWindowDeadLetterQueueUrl').send(body, { attributes });
    await keep(exporting.objects);
    expect(await raisedNow()).toEqual(['window-dead-letters']);
    expect(await status()).toContain(`Needs you: 1 day is not delivered (${date})`);
    await redriveAll();
    expect(await raisedNow()).toEqual([]);
  });

  it('load-dead-letters: a window that is stored and that Platform refuses, until it is sent back', async () => {
    loading = await createLoadWorld({ source: { datasetId: '65f0000000000000000000ff' } });
    const { log, metrics, loadQueue, deps, platform } = loading;
    await loading.storeRun('r1', eventLines(10));
    await loadQueue.send(deliver('r1'));
    for (let next = loadQueue.sent.shift(); next !== undefined; next = loadQueue.sent.shift()) {
      await platform.idle();
      await settleMessage(
        {
          queue: { ...loadQueue, hide: async () => {} },
          deadLetters: queueOf('ShopLoadDeadLetterQueueUrl'),
          maxReceiveCount: 10,
          log,
          metrics,
          work: createLoadWork(deps),
        },
        { body: JSON.stringify(next.body), receiptHandle: 'r', receiveCount: 1, request: 'q', deferrals: 0 },
        () => 900_000,
      );
    }
    await keep(loading.store);
    expect(await raisedNow()).toEqual(['load-dead-letters']);
    const text = await status();
    expect(text).toContain('The dataset 65f0000000000000000000ff is not there');
    expect(text).toContain('connector redrive --code platform_refused --source shop');
    await redriveAll();
    expect(await raisedNow()).toEqual([]);
  });
});
