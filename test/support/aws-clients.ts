import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';

/** Not the oldest region, which has habits of its own. */
export const region = 'eu-west-1';

interface ClientOptions {
  /** @default 3 */
  readonly maxAttempts?: number;
  /** @default some that no emulator looks at */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/** Clients of one server, as the functions make them. */
export function clientsOf(url: string, { maxAttempts = 3, credentials }: ClientOptions = {}) {
  const anyone = { accessKeyId: 'test', secretAccessKey: 'test' };
  const options = { endpoint: url, region, maxAttempts, credentials: credentials ?? anyone };
  return {
    s3: new S3Client(options),
    sqs: new SQSClient({ ...options, useQueueUrlAsEndpoint: false }),
    secrets: new SecretsManagerClient(options),
  };
}
