import * as z from 'zod';
import type { Exchange } from '../exchange.ts';
import { parseJson, property } from '../json.ts';
import type { Platform } from '../platform.ts';
import { ok, problem, type Reply, ReplyError } from '../reply.ts';
import type { Route } from '../router.ts';
import { findInlet } from './flow.ts';

/** Largest request, single or batch. */
const maxRequestBytes = 1_000_000;
/** Synchronous checks a minute and inlet. */
const maxSyncRequests = 60;
const minuteMs = 60_000;

const contentType = z.string().regex(/^application\/vnd\.adobe\.xed(-full)?\+json;\s?version=1(\.\d+)?$/);
const schemaRef = z.looseObject({ id: z.string(), contentType });
const headerSchema = z.looseObject({
  schemaRef,
  imsOrgId: z.string(),
  datasetId: z.string(),
  flowId: z.string().optional(),
  source: z.looseObject({ name: z.string().optional() }).optional(),
});
const bodySchema = z.looseObject({
  xdmMeta: z.looseObject({ schemaRef }),
  xdmEntity: z.record(z.string(), z.unknown()),
});
const batchSchema = z.looseObject({ messages: z.array(z.unknown()).min(1) });

interface Message {
  readonly datasetId: string;
  readonly entity: Record<string, unknown>;
}

/** A message that is refused at the door. */
class MessageError extends Error {
  override readonly name = 'MessageError';
}

/** Streaming ingestion: one message, or many, through an inlet. Answers when the messages are safe, not when they are checked. */
export function streamingRoutes(platform: Platform): Route[] {
  const reader = new MessageReader(platform);
  const syncLog = new Map<string, number[]>();

  async function single(exchange: Exchange): Promise<Reply> {
    const inletId = openInlet(platform, exchange);
    const sync =
      exchange.query('syncValidation') === 'true' || exchange.query('synchronousValidation') === 'true';
    const value = await readBody(exchange);
    if (sync) checkSyncQuota(platform, syncLog, inletId);
    const message = single400(() => reader.read(value, exchange, inletId));
    if (sync) checkNow(platform, message);
    platform.streaming.accept(message.datasetId, [message.entity]);
    const now = platform.clock.now();
    const syncValidation = sync ? { status: 'pass' } : { skipped: true };
    return ok({ inletId, xactionId: `${now}:8600:8`, receivedTimeMs: now, syncValidation });
  }

  async function many(exchange: Exchange): Promise<Reply> {
    const inletId = openInlet(platform, exchange);
    const batch = batchSchema.safeParse(await readBody(exchange));
    if (!batch.success) throw invalidMessage('messages is missing or empty');
    const now = platform.clock.now();
    const accepted = new Map<string, unknown[]>();
    const responses = batch.data.messages.map((value, index) => {
      const xactionId = `${now}:1750:${index}`;
      try {
        const { datasetId, entity } = reader.read(value, exchange, inletId);
        accepted.set(datasetId, [...(accepted.get(datasetId) ?? []), entity]);
        return { xactionId };
      } catch (error) {
        if (!(error instanceof MessageError)) throw error;
        return platform.settings.streamingErrors === 'statusCode'
          ? { statusCode: 400, message: error.message }
          : { xactionId, status: 400, message: error.message };
      }
    });
    for (const [datasetId, events] of accepted) platform.streaming.accept(datasetId, events);
    return ok({ inletId, batchId: `${now}:1750:244`, receivedTimeMs: now, responses }, 207);
  }

  const route = { method: 'POST', name: 'stream', guard: 'none' } as const;
  return [
    { ...route, pattern: '/collection/batch/{inlet}', handle: many },
    { ...route, pattern: '/collection/{inlet}', handle: single },
  ];
}

/** @throws {ReplyError} when there is no such inlet, or it asks for a token that is not there. */
function openInlet(platform: Platform, exchange: Exchange): string {
  const inletId = exchange.param('inlet');
  const inlet = findInlet(platform, inletId);
  if (inlet === undefined) throw invalidMessage(`[${inletId}] unknown inlet`);
  const token = /^Bearer (\S+)$/i.exec(exchange.header('authorization') ?? '')?.[1];
  const refused = (status: number, message: string) => {
    const type = 'https://ns.adobe.com/adobecloud/problem/data-collection-service-authorization';
    return new ReplyError({
      status,
      json: { type, status: String(status), title: 'Authorization', report: { message } },
    });
  };
  if (inlet.authenticationRequired && token === undefined) {
    throw refused(401, `[${inletId}] Ims service token is empty`);
  }
  if (token !== undefined && !platform.tokens.isValid(token))
    throw refused(401, `[${inletId}] Ims service token is not valid`);
  return inletId;
}

async function readBody(exchange: Exchange): Promise<unknown> {
  if (exchange.mediaType() !== 'application/json')
    throw problem(415, 'UnsupportedMediaType', 'the content type must be application/json');
  const value = parseJson((await exchange.body(maxRequestBytes)).toString('utf8'));
  if (value === undefined) throw invalidMessage('the body is not JSON');
  return value;
}

/** Checks a message's envelope: who sends it, where to, in which schema. */
class MessageReader {
  readonly #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** @throws {MessageError} saying what the envelope lacks. */
  read(value: unknown, exchange: Exchange, inletId: string): Message {
    const { settings, documents } = this.#platform;
    const refuse = (text: string) =>
      new MessageError(`inletId: [${inletId}] imsOrgId: [${settings.orgId}] ${text}`);
    if (property(value, 'header') === undefined) {
      throw refuse("The 'header' field is mandatory. Provide a valid 'header' value and try again.");
    }
    const header = headerSchema.safeParse(property(value, 'header'));
    const body = bodySchema.safeParse(property(value, 'body'));
    if (!header.success || !body.success) throw refuse('Message has unknown xdm format');
    const { imsOrgId, datasetId, source, flowId, schemaRef: declared } = header.data;
    if (imsOrgId !== settings.orgId) throw refuse('Message has an absent or wrong ims org in the header');
    if (source !== undefined && source.name === undefined)
      throw refuse('Payload header is missing Source Name');
    const dataset = documents.datasets.get(datasetId);
    const inner = body.data.xdmMeta.schemaRef;
    if (
      dataset?.schemaRef.id !== declared.id ||
      inner.id !== declared.id ||
      inner.contentType !== declared.contentType
    ) {
      throw refuse('Message has unknown xdm format');
    }
    const named = flowId ?? exchange.header('x-adobe-flow-id') ?? exchange.query('x-adobe-flow-id');
    if (settings.requireFlowId && named === undefined) throw refuse('Message names no flow');
    return { datasetId, entity: body.data.xdmEntity };
  }
}

/** @throws {ReplyError} 429 above the rate, 501 where synchronous validation does not exist. */
function checkSyncQuota(platform: Platform, log: Map<string, number[]>, inletId: string): void {
  if (!platform.settings.syncValidation)
    throw problem(501, 'NotImplemented', 'no synchronous validation here');
  const now = platform.clock.now();
  const recent = (log.get(inletId) ?? []).filter((time) => time > now - minuteMs);
  if (recent.length >= maxSyncRequests)
    throw problem(429, 'TooManyRequests', 'too many synchronous validations');
  log.set(inletId, [...recent, now]);
}

/** @throws {ReplyError} 400 with what is wrong with the event itself. */
function checkNow(platform: Platform, { datasetId, entity }: Message): void {
  const schemaId = platform.documents.datasets.get(datasetId)?.schemaRef.id ?? '';
  const { problems } = platform.registry.rowCheck(schemaId, 'streaming')(structuredClone(entity));
  if (problems.length === 0) return;
  const causingExceptions = problems.map(({ path, code, message }) => ({
    pointerToViolation: `#/${path.replaceAll('.', '/')}`,
    causingExceptions: [],
    keyword: code,
    message,
  }));
  const cause = {
    _streamingValidation: [
      { schemaLocation: '#', pointerToViolation: '#', causingExceptions, message: 'schema violations' },
    ],
  };
  throw invalidMessage('The message does not match its schema', cause);
}

function single400(read: () => Message): Message {
  try {
    return read();
  } catch (error) {
    throw error instanceof MessageError ? invalidMessage(error.message) : error;
  }
}

function invalidMessage(message: string, cause?: unknown): ReplyError {
  const type = 'http://ns.adobe.com/adobecloud/problem/data-collection-service/inlet';
  const report = cause === undefined ? { message } : { message, cause };
  return new ReplyError({
    status: 400,
    json: { type, status: 400, title: 'Invalid XDM Message Format', report },
  });
}
