import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { planDueWindows } from '../../bin/local/plan-due-windows.ts';
import { type LocalWorld, openLocalWorld } from '../support/local-world.ts';
import { alarmSchema, raisedByFunctions, raisedByQueues } from '../support/raised-alarms.ts';

/** Alarms on what Lambda and EventBridge do: the local connector plays their part, as AWS documents it. */
let world: LocalWorld;
beforeAll(async () => {
  // An event a second: an export lasts as long as its process. One function at once: the next one finds no room.
  world = await openLocalWorld({ days: '1', exportSpeed: '1' }, 1);
});
beforeEach(() => {
  world.metrics.length = 0;
});
afterAll(() => world.close());

const periodMs = 300_000;

/** Names of the alarms of the running stack that are raised by what was measured in this test, and lies in its queues. */
async function raised(): Promise<string[]> {
  const { template, urls, connector, metrics } = world;
  const alarms = Object.values(template.Resources)
    .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    .map(({ Properties }) => alarmSchema.parse(Properties));
  const byQueues = await raisedByQueues({ alarms, outputs: template.Outputs, urls, sqs: connector.sqs });
  return [...raisedByFunctions(metrics, alarms), ...byQueues].map((name) =>
    name.replace(/^ConnectorLocal-(demo-)?/, ''),
  );
}

const throttles = () => world.metrics.filter((line) => line.Throttles === 1).length;
const messagesForExport = (status: string) => Number(/(\d+) messages? for export/.exec(status)?.[1]);

describe('what a schedule raises', () => {
  it('plan-dead-letters: a start that fails three times and is given up, until its dead letter is deleted', async () => {
    expect(await raised()).toEqual([]);
    const letLive = world.listen(({ pid }) => pid !== undefined && process.kill(pid, 'SIGKILL'));
    await expect(planDueWindows(world.connector, {}, () => {})).rejects.toThrow('ended with SIGKILL');
    letLive();
    expect(world.said.filter(({ message }) => message === 'Host:Environment:Started')).toHaveLength(3);
    // The plan function's crashes are counted as well.
    expect(await raised()).toEqual(['function-errors', 'plan-dead-letters']);
    expect(await world.status()).toContain(
      'the schedule could not start the planning of windows (1 in the dead letters): docs/runbook.md, plan-dead-letters',
    );
    // What the runbook says to do: invoke it by hand, then delete the dead letter.
    const plan = await planDueWindows(world.connector, {}, () => {});
    expect(plan.get('demo')?.windows).toHaveLength(1);
    const QueueUrl = world.urls.PlanDeadLetterQueueUrl;
    const { sqs } = world.connector;
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(Messages).toHaveLength(1);
    for (const { ReceiptHandle } of Messages)
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    expect(await raised()).toEqual(['function-errors']);
    expect(await world.status()).not.toContain('the schedule could not start');
  });
});

describe('what functions raise', () => {
  beforeAll(() => world.connector.host.start());
  const exporting = async () => /^Running +.*exporting$/m.test(await world.status());

  it('function-throttles: a message that finds no room in three periods in a row, and in no fewer', async () => {
    const waiting = messagesForExport(await world.status());
    await world.send('DemoWindowQueueUrl', { date: '2026-03-01' });
    await world.send('DemoWindowQueueUrl', { date: '2026-03-02' });
    await world.until('a window is exported', exporting);
    for (let period = 0; period < 3; period += 1) {
      if (period > 0) world.pass(periodMs);
      const before = throttles();
      await world.until('a start is refused', () => throttles() > before);
      expect(await raised()).toEqual(period < 2 ? [] : ['function-throttles']);
    }
    const status = await world.status();
    // Both are still there: the one at work, and the one that waits.
    expect(messagesForExport(status)).toBe(waiting + 2);
    expect(status).toMatch(/^Running +\d{4}-\d\d-\d\d exporting$/m);
  });

  it('function-errors: a process that is killed at its work, and whose message stays', async () => {
    await world.send('DemoWindowQueueUrl', { date: '2026-03-03' });
    await world.send('DemoWindowQueueUrl', { date: '2026-03-04' });
    await world.until('a window is exported', exporting);
    const waiting = messagesForExport(await world.status());
    expect(await raised()).toEqual([]);
    world.kill('source-demo-export-window');
    const two = /^Running +\S+ exporting, \S+ exporting$/m;
    await world.until('another window has the place', async () => two.test(await world.status()));
    expect(await raised()).toEqual(['function-errors']);
    expect(world.said).toContainEqual(
      expect.objectContaining({ message: 'Host:Invocation:Failed', error: 'ended with SIGKILL' }),
    );
    expect(messagesForExport(await world.status())).toBe(waiting);
  });
});
