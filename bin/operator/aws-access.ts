import { Agent as HttpsAgent } from 'node:https';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { localCredentials, localRegion } from '../local/function-definition.ts';

/** Which account and region a command works on. What is left out comes from the environment, as for `aws`. */
export interface AwsChoice {
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  /** The embedded AWS of a local connector, whatever the environment says. */
  readonly localEndpoint?: string | undefined;
}

/** Clients of the services that the commands use. */
export interface OperatorAws {
  readonly cloudformation: CloudFormationClient;
  readonly s3: S3Client;
  readonly secrets: SecretsManagerClient;
  readonly sqs: SQSClient;
  /** Drops the connections, which would keep the process from ending for a while. */
  close(): void;
}

/** Requests at once: a thousand ledgers are read in a second or two, and a laptop's network still copes. */
export const awsConcurrency = 64;
/** A person waits: what does not connect in this time is not there, and the SDK tries three times. */
const connectionTimeoutMs = 5000;
/** The longest that S3, SQS or Secrets Manager may take for an answer; nothing that is asked here is slow. */
const requestTimeoutMs = 30_000;

/** The same patience, for what is not asked by the SDK. */
export const awsTimeouts = {
  connectMs: connectionTimeoutMs,
  firstByteMs: requestTimeoutMs,
  idleMs: requestTimeoutMs,
} as const;

/** The SDK reads region, credentials and AWS_ENDPOINT_URL where the AWS command line does. */
export function createOperatorAws({ region, profile, localEndpoint }: AwsChoice): OperatorAws {
  const common = {
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(localEndpoint === undefined
      ? {}
      : { endpoint: localEndpoint, region: localRegion, credentials: localCredentials }),
    responseChecksumValidation: 'WHEN_REQUIRED' as const,
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: requestTimeoutMs,
      httpAgent: { keepAlive: true, maxSockets: awsConcurrency },
      // As to the vendors: no variable of the environment takes a certificate that nobody vouches for. An agent of our
      // own, since the SDK makes another one of its own for large bodies, whatever it is told here.
      httpsAgent: new HttpsAgent({ keepAlive: true, maxSockets: awsConcurrency, rejectUnauthorized: true }),
      // As many requests wait for a socket as there are windows, on purpose.
      socketAcquisitionWarningTimeout: requestTimeoutMs,
    },
  };
  const clients = {
    cloudformation: new CloudFormationClient(common),
    s3: new S3Client(common),
    secrets: new SecretsManagerClient(common),
    // Without this the client would call the host in the queue's URL instead of the configured endpoint.
    sqs: new SQSClient({ ...common, useQueueUrlAsEndpoint: false }),
  };
  return {
    ...clients,
    close() {
      for (const client of Object.values(clients)) client.destroy();
    },
  };
}
