import { AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnQueuePolicy, type IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { messageKeptDays } from '../../functions/shared/messages.ts';
import { type CustomerKey, queueEncryption } from './customer-key.ts';

const retentionPeriod = Duration.days(messageKeptDays);

/**
 * Receives before a message is given up. Pauses of 2 s, growing fourfold to 15 min, make 35 to 70 minutes, and the
 * tries themselves take time: longer than a vendor's hiccup, short enough to hear of an outage on the same day. What
 * is given up today is exported again tomorrow, within the look-back.
 */
export const maxReceiveCount = 10;

/** Messages that were given up, kept for 14 days. Each such queue has an alarm (lib/monitoring.ts). */
export class DeadLetterQueue extends Construct {
  readonly queue: Queue;

  constructor(scope: Construct, id: string, key: CustomerKey) {
    super(scope, id);
    this.queue = new Queue(this, 'Queue', { retentionPeriod, ...queueEncryption(key) });
  }
}

export interface WorkQueueProps {
  /** Timeout of the function that takes the messages. */
  readonly consumerTimeout: Duration;
  readonly key: CustomerKey;
}

/** A queue that feeds one function, and the dead-letter queue behind it. */
export class WorkQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: IQueue;

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id);
    this.deadLetters = new DeadLetterQueue(this, 'DeadLetters', props.key).queue;
    this.queue = new Queue(this, 'Queue', {
      retentionPeriod,
      ...queueEncryption(props.key),
      // AWS's advice for queues that Lambda reads: six times the timeout, so that a message which waits for a
      // throttled function is not handed out twice. A function in charge of a message shortens it.
      visibilityTimeout: Duration.seconds(6 * props.consumerTimeout.toSeconds()),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount },
    });
  }
}

/**
 * Refuses unencrypted calls to these queues. One policy for several queues: the library would make one for each, and
 * a stack may hold 500 resources. "Any resource" means the queue that the policy hangs on.
 */
export function requireTls(scope: Construct, queues: readonly IQueue[]): void {
  new CfnQueuePolicy(scope, 'RequireTls', {
    queues: queues.map((queue) => queue.queueUrl),
    policyDocument: new PolicyDocument({
      statements: [
        new PolicyStatement({
          effect: Effect.DENY,
          principals: [new AnyPrincipal()],
          actions: ['sqs:*'],
          resources: ['*'],
          conditions: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
      ],
    }),
  });
}
