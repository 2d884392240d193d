import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';

/**
 * The key of the customer's own under which everything at rest is encrypted, where the configuration names one. Its
 * policy is the customer's too: docs/security.md, "A key of your own", says which services it must let in.
 */
export type CustomerKey = IKey | undefined;

/** What reading and writing under the key takes, objects, messages and secrets alike; nothing without one. */
export function allowKey(key: CustomerKey): PolicyStatement[] {
  if (key === undefined) return [];
  return [new PolicyStatement({ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [key.keyArn] })];
}

/** How a queue is encrypted: under the key, or else by SQS itself. */
export function queueEncryption(key: CustomerKey): Pick<QueueProps, 'encryption' | 'encryptionMasterKey'> {
  if (key === undefined) return { encryption: QueueEncryption.SQS_MANAGED };
  return { encryption: QueueEncryption.KMS, encryptionMasterKey: key };
}
