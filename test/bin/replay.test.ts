import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runReplay } from '../../bin/replay/run-replay.ts';
import { parseWindowMessage } from '../../functions/shared/messages.ts';
import { type OperatorWorld, startOperatorWorld } from '../support/operator-world.ts';
import { recordOutput } from '../support/recorded-output.ts';

let world: OperatorWorld;
beforeEach(async () => {
  world = await startOperatorWorld([{ id: 'shop' }, { id: 'blog' }]);
});
afterEach(() => world.close());

async function messages(output: string) {
  const { Messages = [] } = await world.aws.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: world.outputs[output],
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ['All'],
    }),
  );
  return Messages;
}

it('asks for each window once, each by a request of its own', async () => {
  const { output, json } = recordOutput();
  const dates = ['2026-03-08', '2026-03-09', '2026-03-08'];
  const status = await runReplay(
    { data: world.dir, source: 'blog', dates, reason: 'late', json: true },
    output,
  );
  expect(status).toBe(0);
  const sent = await messages('BlogWindowQueueUrl');
  expect(sent.map(({ Body }) => parseWindowMessage(Body ?? ''))).toEqual([
    { date: '2026-03-08', reason: 'late' },
    { date: '2026-03-09', reason: 'late' },
  ]);
  const requests = sent.map(({ MessageAttributes }) => MessageAttributes?.request?.StringValue);
  expect(new Set(requests).size).toBe(2);
  expect(json()).toEqual({
    sent: [
      { source: 'blog', date: '2026-03-08', reload: false, request: requests[0] },
      { source: 'blog', date: '2026-03-09', reload: false, request: requests[1] },
    ],
  });
  expect(await messages('ShopWindowQueueUrl')).toEqual([]);
});

it('asks for what is stored alone with --reload, and says how to follow it', async () => {
  const { output, text, notes } = recordOutput();
  await runReplay({ data: world.dir, source: 'shop', dates: ['2026-03-08'], reload: true }, output);
  const [sent] = await messages('ShopWindowQueueUrl');
  expect(parseWindowMessage(sent?.Body ?? '')).toEqual({ date: '2026-03-08', reload: true });
  expect(text()).toBe('shop 2026-03-08: asked for, to be mapped and delivered again\n');
  expect(notes()).toBe(`See how it fares: connector status 2026-03-08 --source shop --data ${world.dir}\n`);
});

it('sends nothing when any of the windows can be none', async () => {
  const { output } = recordOutput();
  const dates = ['2026-03-08', '2026-02-30', '2010-12-31', '2999-01-01'];
  const call = runReplay({ data: world.dir, source: 'shop', dates }, output);
  await expect(call).rejects.toThrow('<date>: found "2026-02-30"; must be a day, YYYY-MM-DD');
  await expect(call).rejects.toThrow('the first window is 2011-01-01');
  await expect(call).rejects.toThrow('the last window that has begun anywhere is');
  expect(await messages('ShopWindowQueueUrl')).toEqual([]);
});

it('wants to know which source where there are several', async () => {
  const { output } = recordOutput();
  await expect(runReplay({ data: world.dir, dates: ['2026-03-08'] }, output)).rejects.toThrow(
    '--source: found nothing; must be one of shop, blog',
  );
});

it('refuses --data beside options of a connector in AWS', async () => {
  const { output } = recordOutput();
  const given = { data: world.dir, region: 'eu-west-1', outputs: 'x', dates: ['2026-03-08'] };
  const call = runReplay(given, output);
  await expect(call).rejects.toThrow('--region: found "eu-west-1"; belongs to a connector in AWS');
  await expect(call).rejects.toThrow('--outputs: found "x"; belongs to a connector in AWS');
});
