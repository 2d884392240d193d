import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { localConfigFile, localOutputsFile } from '../../../bin/local/local-files.ts';
import { queueDepth } from '../../../bin/local/queue-depths.ts';
import { withOperator } from '../../../bin/operator/open-operator.ts';
import type { OperatorOptions } from '../../../bin/operator/operator-options.ts';
import { type OperatorWorld, startOperatorWorld } from '../../support/operator-world.ts';
import { startVendor } from '../../support/vendor-server.ts';

let world: OperatorWorld;
beforeEach(async () => {
  world = await startOperatorWorld([{ id: 'shop' }, { id: 'blog' }]);
  for (const [name, value] of Object.entries({
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  }))
    vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await world.close();
});

const idsOf = (options: OperatorOptions) =>
  withOperator(options, async ({ sources }) => sources.map(({ settings }) => settings.id));

/** CloudFormation, as far as a stack's outputs go. */
function startCloudFormation(stackName: string, outputs: Readonly<Record<string, string>>) {
  return startVendor(async (request, response) => {
    const body = await text(request);
    response.setHeader('content-type', 'text/xml');
    if (new URLSearchParams(body).get('StackName') !== stackName) {
      response.statusCode = 400;
      response.end(
        '<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id X does not exist</Message></Error></ErrorResponse>',
      );
      return;
    }
    const members = Object.entries(outputs).map(
      ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
    );
    response.end(
      `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>${stackName}</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus><Outputs>${members.join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
    );
  });
}

describe('opening a connector for an operator', () => {
  it('uses the embedded AWS of a local connector that runs', async () => {
    const { WindowQueue, records } = await withOperator(
      { data: world.dir, source: 'shop', json: false },
      async ({ aws, store, sources }) => {
        const url = sources[0]?.windowQueueUrl ?? '';
        await aws.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: '{}' }));
        await store.put('state/x.json', '{}');
        return { WindowQueue: url, records: await store.getText('state/x.json') };
      },
    );
    expect(records?.text).toBe('{}');
    expect(await queueDepth(world.aws.sqs, WindowQueue)).toBe(1);
  });

  it('starts it for the time of the command when the local connector does not run', async () => {
    await world.stopHost();
    const text = await withOperator({ data: world.dir, json: false }, async ({ store }) => {
      await store.put('state/y.json', '{"kept":true}');
      return (await store.getText('state/y.json'))?.text;
    });
    expect(text).toBe('{"kept":true}');
    expect(existsSync(join(world.dir, 'host.lock'))).toBe(false);
  });

  it('says that the local connector whose AWS it used has ended, and that calling it again helps', async () => {
    const look = withOperator({ data: world.dir, json: false }, async ({ store }) => {
      await world.stopHost();
      return store.getText('state/x.json');
    });
    await expect(look).rejects.toMatchObject({
      code: 'aws_unreachable',
      message: `the connector local that works on ${world.dir} has ended, and with it the embedded AWS that this command used; call it again`,
    });
    await expect(withOperator({ data: world.dir, json: false }, async () => 'done')).resolves.toBe('done');
  });

  it('takes turns with other commands then: none loses its AWS when another ends', async () => {
    await world.stopHost();
    let endFirst = () => {};
    const first = new Promise<void>((resolve) => {
      endFirst = resolve;
    });
    const order: string[] = [];
    const act = (name: string, until: Promise<void>) =>
      withOperator({ data: world.dir, json: false }, async ({ store }) => {
        order.push(`${name} begins`);
        await until;
        await store.put(`state/${name}.json`, '{}');
        order.push(`${name} ends`);
      });
    const one = act('one', first);
    await vi.waitUntil(() => order.length === 1, { timeout: 60_000 });
    const other = act('other', Promise.resolve());
    endFirst();
    await Promise.all([one, other]);
    expect(order).toEqual(['one begins', 'one ends', 'other begins', 'other ends']);
    expect(existsSync(join(world.dir, 'host.lock'))).toBe(false);
  });

  it('finds a deployed stack by CloudFormation, under another endpoint where AWS_ENDPOINT_URL says so', async () => {
    const cloudformation = await startCloudFormation(world.stackName, world.outputs);
    vi.stubEnv('AWS_ENDPOINT_URL', world.awsUrl);
    vi.stubEnv('AWS_ENDPOINT_URL_CLOUDFORMATION', cloudformation.url);
    const config = localConfigFile(world.dir);
    expect(await idsOf({ config, json: false })).toEqual(['shop', 'blog']);
    writeFileSync(config, JSON.stringify({ stackName: 'Other', sources: world.settings }));
    await expect(idsOf({ config, json: false })).rejects.toThrow(
      'looking for the stack Other:\n  - there is none in this account and region; deploy it',
    );
    await cloudformation.close();
  });

  it('takes the outputs from a file where there is no CloudFormation, and says so where it is needed', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', world.awsUrl);
    const config = localConfigFile(world.dir);
    const outputs = localOutputsFile(world.dir);
    expect(await idsOf({ config, outputs, json: false })).toEqual(['shop', 'blog']);
    await expect(idsOf({ config, json: false })).rejects.toThrow(
      'this endpoint has no CloudFormation; give --outputs FILE',
    );
    writeFileSync(outputs, JSON.stringify({ [world.stackName]: { BucketName: 'operator-test' } }));
    await expect(idsOf({ config, outputs, json: false })).rejects.toThrow(
      'ShopWindowQueueUrl, ShopWindowDeadLetterQueueUrl',
    );
  });

  it('says what to do when no region or no credentials are known', async () => {
    const config = localConfigFile(world.dir);
    vi.stubEnv('AWS_REGION', undefined);
    await expect(idsOf({ config, json: false })).rejects.toThrow('give --region, or set AWS_REGION');
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    await expect(idsOf({ config, json: false })).rejects.toThrow('log in to AWS');
  });

  it('suggests the source that was probably meant', async () => {
    await expect(idsOf({ data: world.dir, source: 'shpo', json: false })).rejects.toThrow(
      '--source: found "shpo"; did you mean shop? must be one of shop, blog',
    );
  });

  it('refuses a folder in which no local connector has worked', async () => {
    await expect(idsOf({ data: join(world.dir, 'logs'), json: false })).rejects.toThrow(
      'there is no such file that can be read',
    );
  });
});
