import { text } from 'node:stream/consumers';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { type HttpTimeouts, openExchange } from '../../functions/shared/http-exchange.ts';
import type { ObjectStore } from '../../functions/shared/object-store.ts';
import { parseWith } from '../../functions/shared/parse.ts';
import { createGetSigner } from './sign-get.ts';

interface QuickReadsOptions {
  readonly client: S3Client;
  readonly bucket: string;
  readonly timeouts: HttpTimeouts;
}

/** Hundreds of times a ledger; the store itself says what is wrong with more. */
const mostBytes = 4 * 1024 * 1024;

/** What is used of a request of the SDK. */
const requestSchema = z.object({
  protocol: z.enum(['http:', 'https:']),
  hostname: z.string(),
  port: z.number().optional(),
  path: z.string(),
});

/**
 * A store that reads small objects with a fraction of the SDK's work (docs/performance.md): a person waits while three
 * years of ledgers are read. Where the bucket lies, and whose credentials count, the SDK still says. Whatever is not
 * answered in full and at once is asked for again by the store itself, which knows about retries and redirects, and
 * says what is not allowed.
 *
 * @param store the same bucket by the SDK alone.
 */
export function withQuickReads(store: ObjectStore, options: QuickReadsOptions): ObjectStore {
  let reader: ReturnType<typeof createReader> | undefined;
  return {
    ...store,
    async getText(key) {
      reader ??= createReader(options);
      const read = await reader;
      const answer = await read(key).catch(() => 'not answered' as const);
      return answer === 'not answered' ? store.getText(key) : answer;
    },
  };
}

async function createReader({ client, bucket, timeouts }: QuickReadsOptions) {
  const { config } = client;
  const { origin, host, folder } = await placeOf(client, bucket);
  const sign = createGetSigner(await config.region());
  return async (key: string) => {
    const path = `${folder}${key.split('/').map(escaped).join('/')}`;
    // As far as the SDK has learnt how wrong this machine's clock is.
    const nowMs = Date.now() + config.systemClockOffset;
    const headers = sign(await config.credentials(), { host, path, nowMs });
    const answer = await openExchange({ method: 'GET', url: `${origin}${path}`, headers, timeouts });
    if (Number(answer.headers['content-length'] ?? 0) > mostBytes) {
      answer.destroy();
      return 'not answered';
    }
    // Read whatever it is: the connection serves the next one.
    const body = await text(answer);
    const { etag } = answer.headers;
    if (answer.statusCode === 404) return undefined;
    return answer.statusCode === 200 && etag !== undefined ? { text: body, etag } : 'not answered';
  };
}

/** Has the SDK make a request, by its own rules for endpoints, and keeps it from being sent. */
async function placeOf(client: S3Client, bucket: string) {
  const command = new GetObjectCommand({ Bucket: bucket, Key: 'key' });
  let made: unknown;
  command.middlewareStack.add(
    () => async (args) => {
      made = args.request;
      return { response: undefined, output: { $metadata: {} } };
    },
    { step: 'build', priority: 'low' },
  );
  await client.send(command);
  const { protocol, hostname, port, path } = parseWith(requestSchema, made, 'looking for the bucket');
  const host = port === undefined ? hostname : `${hostname}:${port}`;
  return { origin: `${protocol}//${host}`, host, folder: path.slice(0, -'key'.length) };
}

/** As S3 escapes a key in the signed path: all but what RFC 3986 leaves as it is. */
function escaped(name: string): string {
  return encodeURIComponent(name).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
