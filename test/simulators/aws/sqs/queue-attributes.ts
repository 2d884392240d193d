import * as z from 'zod';
import { notImplemented } from '../api-error.ts';
import { keyOfArn, type Queue, type SqsState } from './queue-state.ts';
import { invalidParameter, sqsError } from './sqs-error.ts';

/** Whole numbers: least, most and default of each, as AWS documents them. */
const numbers: Readonly<Record<string, readonly [number, number, number]>> = {
  DelaySeconds: [0, 900, 0],
  MaximumMessageSize: [1024, 1_048_576, 1_048_576],
  MessageRetentionPeriod: [60, 1_209_600, 345_600],
  ReceiveMessageWaitTimeSeconds: [0, 20, 0],
  VisibilityTimeout: [0, 43_200, 30],
};
const flags = ['ContentBasedDeduplication', 'SqsManagedSseEnabled'];

/** The attributes that a new queue has unless it is told otherwise. */
export function defaultAttributes(isFifo: boolean): Record<string, string> {
  const defaults = Object.entries(numbers).map(([name, [, , value]]) => [name, String(value)]);
  return {
    ...Object.fromEntries(defaults),
    SqsManagedSseEnabled: 'true',
    ...(isFifo ? { FifoQueue: 'true', ContentBasedDeduplication: 'false' } : {}),
  };
}

/**
 * The attributes with the wanted changes; an empty policy is no policy.
 * @throws {ApiError} for an attribute that does not exist, is not done here, or has a value that it can't have.
 */
export function changeAttributes(
  state: SqsState,
  queue: Pick<Queue, 'key' | 'isFifo'> & { readonly attributes: Readonly<Record<string, string>> },
  wanted: Readonly<Record<string, string>>,
): Record<string, string> {
  const changed = { ...queue.attributes };
  for (const [name, value] of Object.entries(wanted)) {
    checkAttribute(queue.isFifo, name, value);
    if (name !== 'RedrivePolicy') changed[name] = value;
    else if (value === '') delete changed.RedrivePolicy;
    else changed.RedrivePolicy = checkPolicy(state, queue, value);
  }
  return changed;
}

function checkAttribute(isFifo: boolean, name: string, value: string): void {
  const range = Object.hasOwn(numbers, name) ? numbers[name] : undefined;
  if (range !== undefined) {
    const [least, most] = range;
    if (!/^\d+$/.test(value) || Number(value) < least || Number(value) > most) throw invalidValue(name);
  } else if (flags.includes(name) || name === 'FifoQueue') {
    const fits = name === 'SqsManagedSseEnabled' || isFifo;
    if (!fits) throw sqsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
    if (name === 'FifoQueue' ? value !== 'true' : value !== 'true' && value !== 'false')
      throw invalidValue(name);
  } else if (name !== 'RedrivePolicy') {
    if (knownElsewhere.includes(name)) throw notImplemented(`The queue attribute ${name}`);
    throw sqsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
  }
}

/** Attributes of AWS's that would need something done. */
const knownElsewhere = [
  'Policy',
  'RedriveAllowPolicy',
  'KmsMasterKeyId',
  'KmsDataKeyReusePeriodSeconds',
  'DeduplicationScope',
  'FifoThroughputLimit',
];

function invalidValue(name: string) {
  return sqsError('InvalidAttributeValue', `Invalid value for the parameter ${name}.`);
}

const policySchema = z.strictObject({
  deadLetterTargetArn: z.string(),
  maxReceiveCount: z.coerce.number().int().min(1).max(1000),
});

function checkPolicy(state: SqsState, queue: Pick<Queue, 'key' | 'isFifo'>, text: string): string {
  let policy: z.output<typeof policySchema>;
  try {
    policy = policySchema.parse(JSON.parse(text));
  } catch {
    throw invalidParameter('Value for parameter RedrivePolicy is invalid.');
  }
  const target = state.queues.get(keyOfArn(policy.deadLetterTargetArn) ?? '');
  if (target === undefined || target.key.split('/')[0] !== queue.key.split('/')[0])
    throw invalidParameter(
      'Value for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.',
    );
  if (target.isFifo !== queue.isFifo)
    throw invalidParameter(
      'Value for parameter RedrivePolicy is invalid. Reason: Dead-letter queue must be same type of queue as the source.',
    );
  return JSON.stringify(policy);
}

/** The queue to which another one gives its failed messages, and after how many receipts. */
export function deadLetterTarget(state: SqsState, queue: Queue): { to: Queue; after: number } | undefined {
  const text = queue.attributes.RedrivePolicy;
  if (text === undefined) return undefined;
  const policy = policySchema.parse(JSON.parse(text));
  const to = state.queues.get(keyOfArn(policy.deadLetterTargetArn) ?? '');
  return to && { to, after: policy.maxReceiveCount };
}

/** Every attribute of a queue as GetQueueAttributes shows them. */
export function shownAttributes(queue: Queue, now: number): Record<string, string> {
  let visible = 0;
  let inFlight = 0;
  let delayed = 0;
  for (const { visibleAt, receipt } of queue.messages.values()) {
    if (visibleAt <= now) visible += 1;
    else if (receipt === undefined) delayed += 1;
    else inFlight += 1;
  }
  return {
    ...queue.attributes,
    QueueArn: queue.arn,
    CreatedTimestamp: String(Math.floor(queue.createdAt / 1000)),
    LastModifiedTimestamp: String(Math.floor(queue.modifiedAt / 1000)),
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
  };
}
