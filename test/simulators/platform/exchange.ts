import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { describeIssues } from '../../../functions/shared/parse.ts';
import { parseJson } from './json.ts';
import { badRequest, problem } from './reply.ts';

/** Bodies that are not files are configuration; ten megabytes are far beyond any of them. */
const maxJsonBytes = 10_000_000;

/** One request, as a route sees it. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly url: URL;
  /** The path's variables, decoded. */
  readonly params: Readonly<Record<string, string>>;

  constructor(request: IncomingMessage, url: URL, params: Readonly<Record<string, string>>) {
    this.request = request;
    this.url = url;
    this.params = params;
  }

  /** A path variable; the route's pattern says that it is there. */
  param(name: string): string {
    return this.params[name] ?? '';
  }

  query(name: string): string | undefined {
    return this.url.searchParams.get(name) ?? undefined;
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value.join(',') : value;
  }

  /** The media type alone, in lower case. */
  mediaType(): string {
    return (this.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  }

  /** The body's pieces. A reader that stops early leaves the connection open, so that the answer still gets through. */
  bytes(): AsyncIterable<Buffer> {
    return this.request.iterator({ destroyOnReturn: false });
  }

  /** @throws {ReplyError} 413 above the limit. */
  async body(maxBytes: number = maxJsonBytes): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of this.bytes()) {
      bytes += piece.length;
      if (bytes > maxBytes) throw problem(413, 'PayloadTooLargeError', `more than ${maxBytes} bytes`);
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  }

  /**
   * The body as JSON of that shape.
   *
   * @throws {ReplyError} 400 for another content type, for text that is not JSON, for another shape.
   */
  async json<Schema extends z.ZodType>(
    schema: Schema,
    mediaTypes: readonly string[] = ['application/json'],
  ): Promise<z.output<Schema>> {
    if (!mediaTypes.includes(this.mediaType())) throw badRequest('A valid content-type must be specified');
    const value = parseJson((await this.body()).toString('utf8'));
    if (value === undefined) throw badRequest('the body is not JSON');
    return checked(schema, value);
  }

  /** A whole number of the query within bounds, or its default. */
  wholeNumber(name: string, fallback: number, min: number, max: number): number {
    const text = this.query(name);
    if (text === undefined) return fallback;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw badRequest(`${name} must be a whole number from ${min} to ${max}`);
  }

  /** @throws {ReplyError} 400 naming a query parameter that is not among those. */
  allowQuery(...names: string[]): void {
    for (const name of this.url.searchParams.keys()) {
      if (!names.includes(name)) throw badRequest(`unknown query parameter ${name}`);
    }
  }
}

/** @throws {ReplyError} 400 naming every problem of the value. */
export function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw badRequest(describeIssues(result.error, value, { hideValues: true }).join('; '));
}
