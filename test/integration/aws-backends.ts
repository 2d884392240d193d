import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { startAws } from '../simulators/aws/server.ts';
import { clientsOf, region } from '../support/aws-clients.ts';
import { describeWhere } from '../support/describe-where.ts';
import { hasMoto, startMoto } from '../support/moto.ts';

/** A backend under test; its members may be used from `beforeAll` on. */
export interface Aws extends ReturnType<typeof clientsOf> {
  readonly url: string;
  /** A new, empty bucket. */
  bucket(): Promise<string>;
  /** A new queue's URL. */
  queue(attributes?: Record<string, string>): Promise<string>;
}

interface Backend {
  readonly name: string;
  start(): Promise<{ readonly url: string; stop(): Promise<void> }>;
}

const ours: Backend = {
  name: 'embedded AWS',
  async start() {
    const dataDir = mkdtempSync(join(tmpdir(), 'aws-contract-'));
    const aws = await startAws({ dataDir });
    const stop = async () => {
      await aws.close();
      rmSync(dataDir, { recursive: true });
    };
    return { url: aws.url, stop };
  },
};

const moto: Backend = { name: 'moto', start: startMoto };

/** The behaviour that every backend has to show; `differs` tells what moto is known to do otherwise. */
export function contract(title: string, suite: (aws: Aws, test: ContractTest) => void): void {
  describe(`${title}: ${ours.name}`, () => within(ours, suite));
  const need = { found: hasMoto(), otherwise: 'moto_server is not on the PATH' };
  describeWhere(`${title}: ${moto.name}`, need, () => within(moto, suite));
}

/** `it`, and `it` for what moto does otherwise, with the difference. */
export interface ContractTest {
  (name: string, act: () => Promise<void>): void;
  differs(motoDoes: string, name: string, act: () => Promise<void>): void;
}

function within(backend: Backend, suite: (aws: Aws, test: ContractTest) => void): void {
  let aws: Aws | undefined;
  let stop = async () => {};
  const demand = () => {
    if (aws === undefined) throw new Error('the backend is used before it is started');
    return aws;
  };
  beforeAll(async () => {
    const server = await backend.start();
    stop = server.stop;
    aws = awsAt(server.url);
  });
  afterAll(() => stop());
  const test: ContractTest = Object.assign((name: string, act: () => Promise<void>) => it(name, act), {
    differs(motoDoes: string, name: string, act: () => Promise<void>) {
      if (backend === moto) it.skip(`${name} (moto ${motoDoes})`, act);
      else it(name, act);
    },
  });
  const lazy: Aws = {
    get s3() {
      return demand().s3;
    },
    get sqs() {
      return demand().sqs;
    },
    get secrets() {
      return demand().secrets;
    },
    get url() {
      return demand().url;
    },
    bucket: () => demand().bucket(),
    queue: (attributes) => demand().queue(attributes),
  };
  suite(lazy, test);
}

/** Everything a test needs of a server that runs. */
export function awsAt(url: string): Aws {
  const clients = clientsOf(url);
  return {
    ...clients,
    url,
    async bucket() {
      const name = `bucket-${randomUUID()}`;
      await clients.s3.send(
        new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration: { LocationConstraint: region } }),
      );
      return name;
    },
    async queue(attributes = {}) {
      const suffix = attributes.FifoQueue === 'true' ? '.fifo' : '';
      const command = new CreateQueueCommand({
        QueueName: `queue-${randomUUID()}${suffix}`,
        Attributes: attributes,
      });
      const { QueueUrl } = await clients.sqs.send(command);
      if (QueueUrl === undefined) throw new Error('no queue URL');
      return QueueUrl;
    },
  };
}

/** Status, name and headers of the error that a promise ends with. @throws when it does not. */
export async function failureOf(
  act: Promise<unknown>,
): Promise<{ status: number | undefined; name: string }> {
  try {
    await act;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const metadata = '$metadata' in error ? error.$metadata : undefined;
    const status =
      typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
        ? Number(metadata.httpStatusCode)
        : undefined;
    return { status, name: error.name };
  }
  throw new Error('it succeeded');
}
