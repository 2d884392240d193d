import * as z from 'zod';
import type { ApiRequest } from '../api-request.ts';
import { jsonOperation } from '../json-protocol.ts';
import { changeAttributes, defaultAttributes, shownAttributes } from './queue-attributes.ts';
import type { Queue } from './queue-state.ts';
import { forgetExpired, type QueueStore } from './queue-store.ts';
import { invalidParameter, sqsError } from './sqs-error.ts';

const attributes = z.record(z.string(), z.string());
const byUrl = z.strictObject({ QueueUrl: z.string() });
/** SQS empties a queue at most once in this time. */
const purgeMs = 60_000;

/** Everything about queues themselves. */
export function queueOperations(store: QueueStore) {
  return {
    CreateQueue: jsonOperation(
      z.strictObject({ QueueName: z.string(), Attributes: attributes.default({}) }),
      (input, request) => ({ QueueUrl: create(store, input, request) }),
    ),
    DeleteQueue: jsonOperation(byUrl, ({ QueueUrl }, { region }) =>
      store.commit([{ kind: 'drop', queue: store.demand(region, QueueUrl).key }]),
    ),
    GetQueueUrl: jsonOperation(
      z.strictObject({ QueueName: z.string(), QueueOwnerAWSAccountId: z.literal('000000000000').optional() }),
      ({ QueueName }, request) => {
        const url = urlOf(request, QueueName);
        store.demand(request.region, url);
        return { QueueUrl: url };
      },
    ),
    ListQueues: jsonOperation(
      z.strictObject({
        QueueNamePrefix: z.string().default(''),
        MaxResults: z.int().min(1).max(1000).optional(),
        NextToken: z.string().optional(),
      }),
      (input, request) => list(store, input, request),
    ),
    PurgeQueue: jsonOperation(byUrl, ({ QueueUrl }, { region }) =>
      purge(store, store.demand(region, QueueUrl)),
    ),
    GetQueueAttributes: jsonOperation(
      z.strictObject({ QueueUrl: z.string(), AttributeNames: z.array(z.string()).default([]) }),
      ({ QueueUrl, AttributeNames }, { region }) =>
        show(store, store.demand(region, QueueUrl), AttributeNames),
    ),
    SetQueueAttributes: jsonOperation(
      z.strictObject({ QueueUrl: z.string(), Attributes: attributes }),
      ({ QueueUrl, Attributes }, { region }) => change(store, store.demand(region, QueueUrl), Attributes),
    ),
  };
}

function urlOf({ origin }: ApiRequest, name: string): string {
  return `${origin}/000000000000/${name}`;
}

function create(
  store: QueueStore,
  input: { readonly QueueName: string; readonly Attributes: Record<string, string> },
  request: ApiRequest,
): string {
  const { QueueName: name, Attributes: wanted } = input;
  const isFifo = name.endsWith('.fifo');
  if (!/^[\w-]{1,80}$/.test(isFifo ? name.slice(0, -'.fifo'.length) : name) || name.length > 80)
    throw invalidParameter(
      'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
    );
  if (isFifo !== (wanted.FifoQueue === 'true'))
    throw invalidParameter('The queue name must end with .fifo for a FIFO queue, and for no other.');
  const key = `${request.region}/${name}`;
  const present = store.state.queues.get(key);
  const base = present?.attributes ?? defaultAttributes(isFifo);
  const all = changeAttributes(store.state, { key, isFifo, attributes: base }, wanted);
  const now = Date.now();
  if (present === undefined)
    store.commit([{ kind: 'queue', queue: key, attributes: all, createdAt: now, modifiedAt: now }]);
  else if (Object.keys(wanted).some((attribute) => all[attribute] !== present.attributes[attribute]))
    throw sqsError(
      'QueueNameExists',
      'A queue already exists with the same name and a different value for an attribute.',
    );
  return urlOf(request, name);
}

function change(store: QueueStore, queue: Queue, wanted: Record<string, string>): void {
  const all = changeAttributes(store.state, queue, wanted);
  const { key, createdAt } = queue;
  store.commit([{ kind: 'queue', queue: key, attributes: all, createdAt, modifiedAt: Date.now() }]);
}

function show(store: QueueStore, queue: Queue, names: readonly string[]): object {
  const now = Date.now();
  forgetExpired(store.state, now, [queue]);
  const all = shownAttributes(queue, now);
  if (names.includes('All')) return { Attributes: all };
  for (const name of names)
    if (!Object.hasOwn(all, name) && !optional.includes(name))
      throw sqsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
  const wanted = Object.entries(all).filter(([name]) => names.includes(name));
  return wanted.length === 0 ? {} : { Attributes: Object.fromEntries(wanted) };
}

/** Attributes that exist and that this queue need not have. */
const optional = [
  'RedrivePolicy',
  'RedriveAllowPolicy',
  'Policy',
  'FifoQueue',
  'ContentBasedDeduplication',
  'KmsMasterKeyId',
  'KmsDataKeyReusePeriodSeconds',
  'DeduplicationScope',
  'FifoThroughputLimit',
];

function purge(store: QueueStore, queue: Queue): void {
  const now = Date.now();
  if (now < queue.purgedAt + purgeMs)
    throw sqsError(
      'PurgeQueueInProgress',
      `Only one PurgeQueue operation on ${queue.name} is allowed every 60 seconds.`,
    );
  store.commit([{ kind: 'purge', queue: queue.key, at: now }]);
}

interface ListInput {
  readonly QueueNamePrefix: string;
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

function list(store: QueueStore, input: ListInput, request: ApiRequest): object {
  const most = input.MaxResults ?? 1000;
  const names = [...store.state.queues.values()]
    .filter(({ key }) => key.startsWith(`${request.region}/`))
    .map(({ name }) => name)
    .filter((name) => name.startsWith(input.QueueNamePrefix))
    .sort()
    .filter((name) => input.NextToken === undefined || name > input.NextToken);
  const page = names.slice(0, most);
  // Without MaxResults SQS gives no token, however many there are.
  const hasMore = input.MaxResults !== undefined && names.length > page.length;
  return {
    QueueUrls: page.map((name) => urlOf(request, name)),
    ...(hasMore ? { NextToken: page.at(-1) } : {}),
  };
}
