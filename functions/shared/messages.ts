import * as z from 'zod';
import { parseJsonWith, parseWith } from './parse.ts';
import { formatVersion, keptObject } from './stored-format.ts';

/** First day that may be asked for: Mixpanel's data begins there (clients' earliest from_date is 2011-07-10). */
export const firstWindow = '2011-01-01';

/** As long as SQS keeps anything. A paused consumer, or a weekend, must lose no message. */
export const messageKeptDays = 14;

const date = z.iso.date('must be a day, YYYY-MM-DD');
const reasonText = z.string('must be text').max(500, 'must be at most 500 characters');
const reason = reasonText.optional();
const reload = z.literal(true, 'must be true, or be left out').optional();

const oneWindow = z.strictObject({ date, reload, reason });
const windowRange = z
  .strictObject({ from: date, to: date, reload, reason })
  .refine((range) => range.from <= range.to, { path: ['from'], error: 'must not be after "to"' });

/** Names objects in the archive, and anyone who may write to a queue can send one. */
const objectName = (what: string) => z.string().regex(/^[\w-]{1,64}$/, `must be the id of a ${what}`);
const base = { version: formatVersion(1), date, run: objectName('run') };

/** Fetch one slice of a run: private to the connector, like the messages of the load queue. */
const slice = keptObject({
  ...base,
  type: z.literal('slice'),
  slice: z.string().regex(/^\d+(-\d+)*$/, 'must be the id of a slice'),
});

/**
 * Reads a body of the window queue; the public forms are in README, "Messages".
 *
 * @throws {ConfigError} naming each thing that is wrong with it.
 */
export function parseWindowMessage(body: string): WindowMessage | SliceMessage {
  const value = parseJsonWith(z.looseObject({}, 'must be one JSON object'), body, 'reading a window message');
  const schema = 'type' in value ? slice : 'from' in value || 'to' in value ? windowRange : oneWindow;
  return parseWith(schema, value, 'reading a window message');
}

export type OneWindowMessage = z.output<typeof oneWindow>;
export type WindowRangeMessage = z.output<typeof windowRange>;
/** What may be asked for from outside. */
export type WindowMessage = OneWindowMessage | WindowRangeMessage;
export type SliceMessage = z.output<typeof slice>;

/** The ledger keeps it, fifty times over: twice as long as any of ours, an id with a day behind it. */
const maxRequestLength = 300;

/**
 * What the load queue takes: private to the connector. Messages are in flight during a deploy, so another release may read
 * them: one that needs another meaning, or is of a new type, has another version.
 */
export const loadMessageSchema = z.discriminatedUnion('type', [
  /** Deliver this run. */
  keptObject({
    ...base,
    type: z.literal('deliver'),
    /** The window message that asked for it: a repeated message continues the delivery that it opened. */
    request: z.string().min(1).max(maxRequestLength, `must be at most ${maxRequestLength} characters`),
    reload: z.boolean(),
    reason: reasonText.nullable(),
  }),
  /** Map and upload these parts of an open delivery. */
  keptObject({
    ...base,
    type: z.literal('upload'),
    delivery: objectName('delivery'),
    parts: z.array(z.int().nonnegative()).min(1),
  }),
  /** Ask Platform how the batch of an open delivery fares. */
  keptObject({
    ...base,
    type: z.literal('confirm'),
    delivery: objectName('delivery'),
    poll: z.int().nonnegative(),
  }),
]);

export type LoadMessage = z.output<typeof loadMessageSchema>;
export type DeliverMessage = Extract<LoadMessage, { type: 'deliver' }>;
export type UploadMessage = Extract<LoadMessage, { type: 'upload' }>;
export type ConfirmMessage = Extract<LoadMessage, { type: 'confirm' }>;
