import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createOperatorAws } from '../../../bin/operator/aws-access.ts';
import { withQuickReads } from '../../../bin/operator/quick-reads.ts';
import { createGetSigner } from '../../../bin/operator/sign-get.ts';
import { createS3ObjectStore } from '../../../functions/shared/s3-object-store.ts';
import { type OperatorWorld, startOperatorWorld } from '../../support/operator-world.ts';
import { type RecordingProxy, startRecordingProxy } from '../../support/recording-proxy.ts';

/** Everything that S3 and a URL escape differently. */
const oddKey = "ledger/source=shop/a (b)!'*&?#%+é.json";

let world: OperatorWorld;
let proxy: RecordingProxy;
beforeEach(async () => {
  world = await startOperatorWorld();
  proxy = await startRecordingProxy(world.awsUrl);
});
afterEach(async () => {
  await proxy.close();
  await world.close();
});

function open(endpoint = proxy.url) {
  const bucket = world.outputs.BucketName ?? '';
  const aws = createOperatorAws({ localEndpoint: endpoint });
  const timeouts = { connectMs: 1000, firstByteMs: 1000, idleMs: 1000 };
  const store = createS3ObjectStore(aws.s3, bucket);
  return { aws, store: withQuickReads(store, { client: aws.s3, bucket, timeouts }) };
}

const bySdk = () => proxy.requests.filter(({ headers }) => headers['user-agent'] !== undefined).length;

describe('withQuickReads', () => {
  it('reads what the SDK reads, by one request each and none of the SDK', async () => {
    await world.store.put(oddKey, 'ä');
    await world.store.put('b', 'b');
    const { store } = open();
    expect(await store.getText(oddKey)).toEqual(await world.store.getText(oddKey));
    expect(await store.getText('b')).toEqual(await world.store.getText('b'));
    expect(proxy.requests).toHaveLength(2);
    expect(bySdk()).toBe(0);
  });

  it('signs what is sent', async () => {
    await world.store.put(oddKey, 'text');
    const { store, aws } = open();
    await store.getText(oddKey);
    const [sent] = proxy.requests;
    const { host, authorization, ...headers } = z
      .object({ host: z.string(), authorization: z.string(), 'x-amz-date': z.string() })
      .parse(sent?.headers);
    const date = headers['x-amz-date'].replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5');
    const signed = createGetSigner(await aws.s3.config.region())(await aws.s3.config.credentials(), {
      host,
      path: sent?.url ?? '',
      nowMs: Date.parse(date),
    });
    expect(authorization).toBe(signed.authorization);
  });

  it('asks once for an object that is not there', async () => {
    const { store } = open();
    expect(await store.getText('none')).toBeUndefined();
    expect(proxy.requests).toHaveLength(1);
  });

  it('leaves what can not be answered to the SDK, with its error', async () => {
    const { store } = open();
    await world.stopHost();
    await expect(store.getText('a')).rejects.toThrow();
    expect(bySdk()).toBeGreaterThan(1);
  });
});
