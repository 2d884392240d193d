import { GetQueueAttributesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runRedrive } from '../../bin/redrive/run-redrive.ts';
import { runStatus } from '../../bin/status/run-status.ts';
import { createLoadWork } from '../../functions/load-window/load-work.ts';
import { settleMessage } from '../../functions/shared/settle-message.ts';
import { createSqsQueue } from '../../functions/shared/sqs-message-queue.ts';
import { newestSettledWindow } from '../../functions/shared/window.ts';
import { configOf, referenced, sourceInput, synthesise } from '../lib/synth-stack.ts';
import { createExportWorkWorld, type ExportWorkWorld } from '../support/export-work-world.ts';
import { createLoadWorld, deliver, eventLines, type LoadWorld } from '../support/load-world.ts';
import type { MemoryObjectStore } from '../support/memory-object-store.ts';
import { type OperatorWorld, startOperatorWorld } from '../support/operator-world.ts';
import { alarmSchema, isOver } from '../support/raised-alarms.ts';
import { recordOutput } from '../support/recorded-output.ts';

/** Alarms on what AWS itself measures: how deep queues are, and what Lambda did not start. */
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

/** Names of the alarms on queues' depths that are raised by what lies in the embedded AWS's queues now. */
async function raisedByQueues(): Promise<string[]> {
  const raised: string[] = [];
  for (const alarm of alarms.filter(({ Namespace }) => Namespace === 'AWS/SQS')) {
    const { QueueName } = Object.fromEntries(alarm.Dimensions.map(({ Name, Value }) => [Name, Value]));
    const [output] =
      Object.entries(stack.template.Outputs).find(
        ([, { Value }]) => referenced(Value) === referenced(QueueName),
      ) ?? [];
    const { Attributes } = await world.aws.sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: world.outputs[output ?? ''],
        AttributeNames: ['ApproximateNumberOfMessages'],
      }),
    );
    expect(alarm.MetricName).toBe('ApproximateNumberOfMessagesVisible');
    if (isOver(alarm, Number(Attributes?.ApproximateNumberOfMessages))) raised.push(alarm.AlarmName);
  }
  return raised.map((name) => name.replace(/^MixpanelConnector-(shop-)?/, '')).toSorted();
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
    expect(await raisedByQueues()).toEqual([]);
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
    expect(await raisedByQueues()).toEqual(['window-dead-letters']);
    expect(await status()).toContain(`1 dead letter of the window queue, export_incomplete: ${date}`);
    await redriveAll();
    expect(await raisedByQueues()).toEqual([]);
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
    expect(await raisedByQueues()).toEqual(['load-dead-letters']);
    const text = await status();
    expect(text).toContain('1 dead letter of the load queue, platform_refused: 2026-03-08');
    expect(text).toContain('connector redrive --code platform_refused --source shop');
    await redriveAll();
    expect(await raisedByQueues()).toEqual([]);
  });

  it('plan-dead-letters: a start that the schedule gave up', async () => {
    // EventBridge itself does this, after its tries: the event that it could not bring to the plan function.
    await world.aws.sqs.send(
      new SendMessageCommand({ QueueUrl: world.outputs.PlanDeadLetterQueueUrl, MessageBody: '{}' }),
    );
    expect(await raisedByQueues()).toEqual(['plan-dead-letters']);
    expect(await status()).toContain(
      'the schedule could not start the planning of windows (1 in the dead letters): docs/runbook.md, plan-dead-letters',
    );
  });
});

describe('function-throttles', () => {
  const alarm = alarms.find(({ AlarmName }) => AlarmName.endsWith('-function-throttles'));

  it('is raised by three periods in a row in which Lambda refused a start, and by no fewer', () => {
    // Lambda alone writes this metric: locally there is no account whose limit could be used up.
    expect(alarm?.EvaluationPeriods).toBe(3);
    expect(alarm && isOver(alarm, 1)).toBe(true);
    expect(alarm && isOver(alarm, 0)).toBe(false);
    expect(alarm?.TreatMissingData).toBe('notBreaching');
  });

  it('costs nothing but time: messages that no function takes wait, and status counts them', async () => {
    const before = Number(/(\d+) messages? for export/.exec(await status())?.[1]);
    for (const date of ['2026-03-01', '2026-03-02', '2026-03-03'])
      await queueOf('ShopWindowQueueUrl').send({ date });
    expect(await status()).toContain(`${before + 3} messages for export`);
  });
});
