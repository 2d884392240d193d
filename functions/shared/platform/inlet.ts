import * as z from 'zod';
import { RetryableError, TerminalError } from '../errors.ts';
import { parseAnswer, shortened } from '../vendor-request.ts';
import type { TokenSource } from './ims-token.ts';
import { createPlatformClient, type PlatformClient } from './platform-client.ts';

/** Adobe takes 1 MB a request, one message or many (streaming-ingestion specification). */
export const maxRequestBytes = 1_000_000;

export interface InletOptions {
  /** Sends to the inlet's host. */
  readonly client: PlatformClient;
  /** `…/collection/<id>`, as Flow Service says it. */
  readonly inletUrl: string;
  readonly flowId: string | undefined;
  readonly orgId: string;
  readonly datasetId: string;
  readonly schemaId: string;
}

/** What became of one message, in the order of the messages. */
export type MessageOutcome = 'accepted' | { readonly status: number; readonly message: string };

/** A source's door for streamed rows. Accepted means received: Platform checks rows later. */
export interface Inlet {
  /** Bytes that a request has beside its messages' rows, for a request of so many messages. */
  overheadBytes(messages: number): number;
  /**
   * Sends rows, each in a message of its own, in one request.
   *
   * @param rows JSON texts.
   * @throws as `PlatformClient.send`; {RetryableError} `inlet_unclear` when the answer does not tell what became of each.
   */
  send(rows: readonly string[], signal: AbortSignal): Promise<readonly MessageOutcome[]>;
}

/** Both spellings that Adobe's pages and its own client use; an item without either was taken. */
const outcomeSchema = z.looseObject({
  statusCode: z.coerce.number().optional(),
  status: z.coerce.number().optional(),
  message: z.string().optional(),
});
const answerSchema = z.looseObject({ responses: z.array(outcomeSchema) });

/** The schema's version is 1: later ones are additive, and datasets name the first. */
const contentType = 'application/vnd.adobe.xed-full+json;version=1';

export function createInlet(options: InletOptions): Inlet {
  const { client, flowId, orgId, datasetId, schemaId } = options;
  const path = batchPath(options.inletUrl);
  const schemaRef = { id: schemaId, contentType };
  const header = { schemaRef, imsOrgId: orgId, datasetId, ...(flowId === undefined ? {} : { flowId }) };
  const before = `{"header":${JSON.stringify(header)},"body":{"xdmMeta":${JSON.stringify({ schemaRef })},"xdmEntity":`;
  const after = '}}';
  const envelopeBytes = Buffer.byteLength(before) + Buffer.byteLength(after);
  const act = 'streaming rows';
  return {
    // `{"messages":[…]}`, and a comma after each message.
    overheadBytes: (messages) => '{"messages":[]}'.length + messages * (envelopeBytes + 1),
    async send(rows, signal) {
      const answer = await client.send({
        act,
        method: 'POST',
        path,
        headers: {
          'content-type': 'application/json',
          ...(flowId === undefined ? {} : { 'x-adobe-flow-id': flowId }),
        },
        body: () => `{"messages":[${rows.map((row) => `${before}${row}${after}`).join(',')}]}`,
        signal,
      });
      const { responses } = parseAnswer(answerSchema, answer.text, act);
      if (responses.length !== rows.length) {
        throw new RetryableError(
          'inlet_unclear',
          `${act}: ${rows.length} messages were sent, the answer tells of ${responses.length}`,
        );
      }
      return responses.map(outcomeOf);
    },
  };
}

/** What of a source's settings an inlet needs. */
export interface InletSettings {
  readonly inletUrl?: string | undefined;
  readonly flowId?: string | undefined;
  readonly orgId: string;
  readonly sandbox: string;
  readonly datasetId: string;
  readonly schemaId: string;
}

/** The inlet of a source. @throws {TerminalError} `inlet_invalid` when the settings name none. */
export function openInlet(
  settings: InletSettings,
  { tokens, clock }: { readonly tokens: TokenSource; readonly clock: () => number },
): Inlet {
  const { inletUrl, flowId } = settings;
  if (inletUrl === undefined)
    throw new TerminalError('inlet_invalid', 'streaming rows: platform.inletUrl is not set');
  const client = createPlatformClient({ ...settings, baseUrl: new URL(inletUrl).origin, tokens, clock });
  return createInlet({ ...settings, client, inletUrl, flowId });
}

function outcomeOf({ statusCode, status, message }: z.output<typeof outcomeSchema>): MessageOutcome {
  const code = statusCode ?? status ?? 200;
  return code < 400 ? 'accepted' : { status: code, message: shortened(message ?? '') };
}

/**
 * Below the inlet's host, the path that takes many messages at once.
 *
 * @throws {TerminalError} `inlet_invalid` for an address that is none of an inlet.
 */
function batchPath(inletUrl: string): string {
  const match = /^(.*)\/collection\/(?:batch\/)?([^/]+)$/.exec(new URL(inletUrl).pathname);
  if (match === null) {
    throw new TerminalError(
      'inlet_invalid',
      `streaming rows: platform.inletUrl must end with /collection/<id>`,
    );
  }
  return `${match[1]}/collection/batch/${match[2]}`;
}
