import * as z from 'zod';

/** A message attribute as SQS's JSON carries it; binary values are base64. */
export const messageAttributeSchema = z.strictObject({
  DataType: z.string(),
  StringValue: z.string().optional(),
  BinaryValue: z.string().optional(),
});
/** One attribute, of text or of bytes. */
export type MessageAttribute = z.output<typeof messageAttributeSchema>;

/** A message and everything that happened to it. Times are epoch milliseconds. */
export const messageSchema = z.object({
  id: z.string(),
  body: z.string(),
  attributes: z.record(z.string(), messageAttributeSchema),
  traceHeader: z.string().optional(),
  groupId: z.string().optional(),
  deduplicationId: z.string().optional(),
  sequence: z.string().optional(),
  sentAt: z.int(),
  /** Not given to anybody before; a delay and a reader's claim look alike. */
  visibleAt: z.int(),
  receiveCount: z.int(),
  firstReceivedAt: z.int().optional(),
  /** The last reader's handle. */
  receipt: z.string().optional(),
  /** ARN of the queue that gave the message up. */
  deadLetterSource: z.string().optional(),
});
/** A message in a queue. */
export type Message = z.output<typeof messageSchema>;

/** A task that moves dead letters back. */
export const moveTaskSchema = z.object({
  handle: z.string(),
  /** Key of the queue to empty. */
  source: z.string(),
  sourceArn: z.string(),
  destinationArn: z.string().optional(),
  perSecond: z.int().optional(),
  status: z.enum(['RUNNING', 'COMPLETED', 'CANCELLED', 'FAILED']),
  moved: z.int(),
  toMove: z.int(),
  failureReason: z.string().optional(),
  startedAt: z.int(),
});
/** A task and how far it is. */
export type MoveTask = z.output<typeof moveTaskSchema>;

const queue = z.string();

/** Everything that can happen, one line of the journal each. `queue` is `region/name`. */
export const recordSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('queue'),
    queue,
    attributes: z.record(z.string(), z.string()),
    createdAt: z.int(),
    modifiedAt: z.int(),
  }),
  z.object({ kind: z.literal('drop'), queue }),
  z.object({ kind: z.literal('send'), queue, message: messageSchema }),
  z.object({
    kind: z.literal('take'),
    queue,
    id: z.string(),
    receipt: z.string(),
    at: z.int(),
    visibleAt: z.int(),
  }),
  z.object({ kind: z.literal('hide'), queue, id: z.string(), visibleAt: z.int() }),
  z.object({ kind: z.literal('done'), queue, id: z.string() }),
  z.object({ kind: z.literal('purge'), queue, at: z.int() }),
  /** Out of one queue and into another, in one step. */
  z.object({ kind: z.literal('move'), queue, id: z.string(), to: z.string(), message: messageSchema }),
  /** What a FIFO queue remembers of a message that may be gone. */
  z.object({
    kind: z.literal('sent'),
    queue,
    deduplicationId: z.string(),
    id: z.string(),
    sequence: z.string(),
    at: z.int(),
  }),
  z.object({ kind: z.literal('task'), task: moveTaskSchema }),
]);

/** One line of the journal. */
export type SqsRecord = z.output<typeof recordSchema>;
