import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { localPlatform, type PlatformOptions } from '../../simulators/platform/options.ts';
import { type PlatformSimulator, startPlatform } from '../../simulators/platform/server.ts';

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; a test says what it expects to be there. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are asserted on, not worked with
  readonly json: any;
}

/** What a request carries beside its path. */
export interface Call {
  readonly method?: string;
  readonly json?: unknown;
  readonly body?: string | Buffer;
  readonly headers?: Record<string, string>;
}

/** Where each service is. */
export const importPath = '/data/foundation/import/batches';
export const catalogPath = '/data/foundation/catalog';
export const exportPath = '/data/foundation/export';
export const registryPath = '/data/foundation/schemaregistry';
/** For what happens in the background: asks often, and waits long on a busy machine. */
export const patiently = { interval: 5, timeout: 20_000 };

/** The dataset that stands ready. */
export const { datasetId } = localPlatform;

/** A client that does as little as possible: what is sent is what the test says. */
export class TestClient {
  readonly simulator: PlatformSimulator;
  token = '';

  constructor(simulator: PlatformSimulator) {
    this.simulator = simulator;
  }

  /** Sends exactly this. */
  async raw(path: string, { method = 'GET', json, body, headers = {} }: Call = {}): Promise<Answer> {
    const url = path.startsWith('http') ? path : `${this.simulator.url}${path}`;
    const type: Record<string, string> = json === undefined ? {} : { 'content-type': 'application/json' };
    const payload = json === undefined ? body : JSON.stringify(json);
    const response = await fetch(url, {
      method,
      headers: { ...type, ...headers },
      ...(payload === undefined ? {} : { body: payload }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: asJson(text) };
  }

  /** Sends it with the headers that the gateway asks for. */
  call(path: string, call: Call = {}): Promise<Answer> {
    return this.raw(path, { ...call, headers: { ...this.headers(), ...call.headers } });
  }

  headers(): Record<string, string> {
    return {
      authorization: `Bearer ${this.token}`,
      'x-api-key': localPlatform.clientId,
      'x-gw-ims-org-id': localPlatform.orgId,
      'x-sandbox-name': localPlatform.sandbox,
    };
  }

  requestToken(fields: Record<string, string> = {}): Promise<Answer> {
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: localPlatform.clientId,
      client_secret: localPlatform.clientSecret,
      scope: 'openid,AdobeID',
      ...fields,
    }).toString();
    return this.raw('/ims/token/v3', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  }

  create(body: Record<string, unknown> = {}): Promise<Answer> {
    return this.call(importPath, {
      method: 'POST',
      json: { datasetId, inputFormat: { format: 'json' }, ...body },
    });
  }

  put(batch: string, path: string, body: string | Buffer): Promise<Answer> {
    return this.call(`${importPath}/${batch}/datasets/${datasetId}/files/${path}`, {
      method: 'PUT',
      body,
      headers: { 'content-type': 'application/octet-stream' },
    });
  }

  act(batch: string, action: string): Promise<Answer> {
    return this.call(`${importPath}/${batch}?action=${action}`, { method: 'POST' });
  }

  /** Catalog's view of one batch. */
  async batch(id: string): Promise<Answer['json']> {
    return (await this.call(`${catalogPath}/batches/${id}`)).json[id];
  }

  /** Creates, fills and completes a batch, and waits for the end of its ingestion; its id. */
  async ingest(rows: readonly unknown[], body: Record<string, unknown> = {}): Promise<string> {
    const id: string = (await this.create(body)).json.id;
    await this.put(id, 'part.json', ndjson(rows));
    await this.act(id, 'COMPLETE');
    await this.simulator.idle();
    return id;
  }

  async activeRows(dataset = datasetId): Promise<Answer['json'][]> {
    const { text } = await this.raw(`/_sim/datasets/${dataset}/active`);
    return text.split('\n').filter(Boolean).map(asJson);
  }

  fault(fault: unknown): Promise<Answer> {
    return this.raw('/_sim/faults', { method: 'POST', json: fault });
  }
}

function asJson(text: string): Answer['json'] {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Rows as an upload has them. */
export function ndjson(rows: readonly unknown[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

/** A row that the default schema takes. */
export function row(id: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    _id: id,
    timestamp: '2026-03-08T10:00:00.000Z',
    eventType: 'web.webpagedetails.pageViews',
    ...more,
  };
}

/** A folder of its own, gone when the test has ended. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'platform-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A simulator of its own and a client with a token; both end with the test. Ingestion takes no time unless asked. */
export async function startClient(options: Partial<PlatformOptions> = {}): Promise<TestClient> {
  const dataDir = options.dataDir ?? (await temporaryFolder());
  const simulator = await startPlatform({ processingMs: 0, ...options, dataDir });
  onTestFinished(() => simulator.close());
  const client = new TestClient(simulator);
  client.token = (await client.requestToken()).json.access_token;
  return client;
}
