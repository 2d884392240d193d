import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { lockData } from '../../bin/local/data-lock.ts';
import { localRegion } from '../../bin/local/function-definition.ts';
import { localConfigFile, localOutputsFile } from '../../bin/local/local-files.ts';
import { createOperatorAws } from '../../bin/operator/aws-access.ts';
import { createS3ObjectStore } from '../../functions/shared/s3-object-store.ts';
import { parseConfig } from '../../lib/config.ts';
import { pascalCase, secretName } from '../../lib/source-names.ts';
import { startAws } from '../simulators/aws/server.ts';

const stackName = 'OperatorTest';
const bucket = 'operator-test';

const platform = {
  orgId: '0123456789ABCDEF01234567@AdobeOrg',
  sandbox: 'prod',
  datasetId: '65f000000000000000000001',
  schemaId: 'https://ns.adobe.com/simtenant/schemas/mixpanel-events',
  tenant: 'simtenant',
};

/** Parts of sources as a configuration has them; what is left out gets a value that serves. */
export interface WorldSource {
  readonly id: string;
  readonly mixpanel?: object;
  readonly platform?: object;
  readonly schedule?: object;
  readonly privacy?: object;
  readonly mapping?: string;
}

/**
 * The data directory of a local connector that runs: an embedded AWS with all that a stack has, and nothing that
 * works. The commands reach it by `--data`.
 */
export async function startOperatorWorld(given: readonly WorldSource[] = [{ id: 'shop' }]) {
  const dir = mkdtempSync(join(tmpdir(), 'connector-operator-'));
  mkdirSync(join(dir, 'aws'));
  const server = await startAws({ dataDir: join(dir, 'aws') });
  const sources = given.map((source) => ({
    ...source,
    mixpanel: { projectId: '2195193', ...source.mixpanel },
    platform: { ...platform, ...source.platform },
  }));
  const configText = JSON.stringify({ stackName, sources });
  writeFileSync(localConfigFile(dir), configText);
  const aws = createOperatorAws({ localEndpoint: server.url });
  await aws.s3.send(new CreateBucketCommand({ Bucket: bucket }));
  const outputs: Record<string, string> = { BucketName: bucket };
  const makeQueue = async (output: string) => {
    const { QueueUrl } = await aws.sqs.send(new CreateQueueCommand({ QueueName: output }));
    outputs[output] = QueueUrl ?? '';
  };
  await makeQueue('PlanDeadLetterQueueUrl');
  for (const { id } of sources) {
    for (const kind of [
      'WindowQueueUrl',
      'WindowDeadLetterQueueUrl',
      'LoadQueueUrl',
      'LoadDeadLetterQueueUrl',
    ])
      await makeQueue(`${pascalCase(id)}${kind}`);
    for (const kind of ['mixpanel', 'platform'] as const) {
      const Name = secretName(stackName, id, kind);
      await aws.secrets.send(new CreateSecretCommand({ Name, SecretString: '{}' }));
    }
  }
  writeFileSync(localOutputsFile(dir), JSON.stringify({ [stackName]: outputs }));
  const lock = await lockData(dir);
  lock.noteServers([], server.url);
  return {
    dir,
    aws,
    awsUrl: server.url,
    /** How the AWS SDK finds this AWS, as environment variables. */
    awsVariables: {
      AWS_ENDPOINT_URL: server.url,
      AWS_REGION: localRegion,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    },
    stackName,
    outputs,
    settings: parseConfig(configText, 'the configuration of a test').sources,
    store: createS3ObjectStore(aws.s3, bucket),
    /** Ends the host, as if the local connector had been stopped; the data stays. */
    async stopHost() {
      lock.release();
      await server.close();
    },
    async close() {
      aws.close();
      lock.release();
      await server.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export type OperatorWorld = Awaited<ReturnType<typeof startOperatorWorld>>;
