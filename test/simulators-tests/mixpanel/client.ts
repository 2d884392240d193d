import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import * as z from 'zod';
import {
  defaultProjectId,
  defaultUsername,
  type MixpanelOptions,
} from '../../simulators/mixpanel/options.ts';
import { type MixpanelSimulator, startMixpanel } from '../../simulators/mixpanel/server.ts';

export const secret = 'not-a-real-secret';
export const day = '2026-03-08';
/** Noon of the day after: nothing of `day` is still on its way. */
export const now = Date.parse('2026-03-09T12:00:00Z');

/** Runs a test against a server of its own; its limits are out of the way unless the options set them. */
export async function withMixpanel(
  options: MixpanelOptions,
  use: (mixpanel: MixpanelSimulator) => Promise<void>,
): Promise<void> {
  const open = { hourlyLimit: 10_000, perSecond: 10_000, secret, clock: () => now };
  const mixpanel = await startMixpanel({ ...open, ...options });
  try {
    await use(mixpanel);
  } finally {
    await mixpanel.close();
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As they came over the wire. */
  readonly raw: Buffer;
  /** Sizes in which they came. */
  readonly chunks: readonly number[];
  /** Whether HTTP ended as it should. */
  readonly ended: boolean;
}

export interface Ask {
  readonly path?: string;
  readonly query?: Readonly<Record<string, string | undefined>> | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly body?: unknown;
  readonly authorization?: string | null;
  readonly signal?: AbortSignal;
}

export const basic = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** The address of the export of {@link day}, for tests that read the answer in a way of their own. */
export function exportUrl(mixpanel: MixpanelSimulator): string {
  return `${mixpanel.url}/api/2.0/export?${new URLSearchParams(exportQuery)}`;
}

/** One request; without a path it is an export of {@link day} in milliseconds. */
export function ask(mixpanel: MixpanelSimulator, options: Ask = {}): Promise<Answer> {
  const url = new URL(options.path ?? '/api/2.0/export', mixpanel.url);
  const query: Ask['query'] = { ...(options.path === undefined ? exportQuery : {}), ...options.query };
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) url.searchParams.set(name, value);
  const { authorization = basic(defaultUsername, secret) } = options;
  const headers = { ...(authorization === null ? {} : { authorization }), ...options.headers };
  return new Promise((resolve, reject) => {
    const { method = 'GET', signal } = options;
    let answered = false;
    const outgoing = request(
      url,
      { method, headers, agent: false, ...(signal ? { signal } : {}) },
      (response) => {
        answered = true;
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', () => {});
        response.on('close', () => {
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            raw: Buffer.concat(parts),
            chunks: parts.map((part) => part.length),
            ended: response.complete,
          });
        });
      },
    );
    // After the answer began, an error shows as an answer that did not end.
    outgoing.on('error', (error) => {
      if (!answered) reject(error);
    });
    outgoing.end(options.body === undefined ? undefined : JSON.stringify(options.body));
  });
}

const exportQuery = {
  project_id: String(defaultProjectId),
  from_date: day,
  to_date: day,
  time_in_ms: 'true',
};

/** The body as text, decompressed where the answer says that it is compressed. */
export function textOf({ headers, raw }: Answer): string {
  return (headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString('utf8');
}

/** The complete lines of an answer. */
export function linesOf(answer: Answer): string[] {
  return textOf(answer).split('\n').slice(0, -1);
}

const lineSchema = z.strictObject({ event: z.string(), properties: z.record(z.string(), z.unknown()) });
export type Line = z.output<typeof lineSchema>;

export function eventsOf(answer: Answer): Line[] {
  return linesOf(answer).map((line) => lineSchema.parse(JSON.parse(line)));
}

/** The error text in any of the forms that Mixpanel uses. */
export function errorOf(answer: Answer): string {
  return z.object({ error: z.string() }).parse(JSON.parse(textOf(answer))).error;
}
