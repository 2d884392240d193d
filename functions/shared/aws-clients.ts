import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';

/** One set of clients per execution environment; region, credentials and endpoint come from the environment. */
export function createAwsClients() {
  return {
    s3: new S3Client({}),
    // Without this the client would call the host in the queue's URL instead of the configured endpoint.
    sqs: new SQSClient({ useQueueUrlAsEndpoint: false }),
    secrets: new SecretsManagerClient({}),
  };
}
