import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import type { ExportDeps, ExportLimits } from '../../../functions/export-window/export-deps.ts';
import type { HttpTimeouts } from '../../../functions/shared/http-exchange.ts';
import { type Manifest, manifestSchema } from '../../../functions/shared/manifest.ts';
import type { ExportAnswer } from '../../../functions/shared/mixpanel/mixpanel-client.ts';
import { createMixpanelClient } from '../../../functions/shared/mixpanel/mixpanel-client.ts';
import { type SourceSettings, sourceSchema } from '../../../functions/shared/source-settings.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from '../../support/memory-object-store.ts';
import { createRecordedLog, type RecordedLog } from '../../support/recorded-log.ts';

export const oneDay = { date: '2026-03-08' } as const;
export const secret = 'a-secret-of-some-length';
export const username = 'local.000000.mp-service-account';

export interface ExportWorld extends ExportDeps {
  readonly store: MemoryObjectStore;
  readonly log: RecordedLog;
}

interface WorldOptions {
  readonly mixpanel?: Partial<SourceSettings['mixpanel']>;
  readonly privacy?: Partial<SourceSettings['privacy']>;
  readonly privacyKey?: string;
  readonly limits?: ExportLimits;
  readonly client?: ExportDeps['mixpanel'];
  /** @default the client's own: a busy machine is silent now and then */
  readonly timeouts?: Partial<HttpTimeouts>;
}

/** A source, an empty archive and the client of the server at `baseUrl`. */
export function exportWorld(baseUrl: string, options: WorldOptions = {}): ExportWorld {
  const settings = sourceSchema.parse({
    id: 'shop',
    mixpanel: { projectId: 2195193, baseUrl, appUrl: baseUrl, timestamps: 'utc', ...options.mixpanel },
    platform: { orgId: 'o@AdobeOrg', sandbox: 'prod', datasetId: 'd', schemaId: 's', tenant: 'acme' },
    privacy: options.privacy ?? {},
  });
  const credential = { kind: 'serviceAccount', username, secret } as const;
  return {
    settings,
    store: createMemoryObjectStore(),
    log: createRecordedLog(),
    clock: Date.now,
    mixpanel:
      options.client ??
      createMixpanelClient({
        baseUrl,
        projectId: settings.mixpanel.projectId,
        credentials: { get: async () => credential, refresh: async () => credential },
        clock: Date.now,
        ...(options.timeouts === undefined ? {} : { timeouts: options.timeouts }),
      }),
    ...(options.privacyKey === undefined ? {} : { privacyKey: options.privacyKey }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  };
}

/** A Mixpanel that answers with these bytes, in pieces of an odd size, over no network. */
export function answering(body: string | Buffer, answer: Partial<ExportAnswer> = {}): ExportDeps['mixpanel'] {
  return {
    exportWindow: async () => ({
      body: Readable.from(pieces(Buffer.from(body)), { objectMode: false, highWaterMark: 1 }),
      contentEncoding: undefined,
      framed: true,
      requests: 1,
      credential: 'serviceAccount',
      ...answer,
    }),
  };
}

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += 61) yield bytes.subarray(start, start + 61);
}

/** A line of an export, without its newline. */
export function eventLine(properties: Record<string, unknown>, event = 'Viewed'): string {
  return JSON.stringify({ event, properties: { time: 1772946508405, distinct_id: 'u', ...properties } });
}

/** The lines of every part that the manifest names, part by part. */
export function archivedLines(store: MemoryObjectStore, manifest: Manifest): string[][] {
  return manifest.parts.map(({ key }) => {
    const text = gunzipSync(store.objects.get(key) ?? Buffer.alloc(0)).toString('utf8');
    if (!text.endsWith('\n')) throw new Error(`${key} does not end with a newline`);
    return text.slice(0, -1).split('\n');
  });
}

/** The positions in `superseded.json.gz`, by part name. */
export function supersededIn(store: MemoryObjectStore): Record<string, number[]> {
  const key = [...store.objects.keys()].find((name) => name.endsWith('/superseded.json.gz'));
  if (key === undefined) return {};
  return JSON.parse(gunzipSync(store.objects.get(key) ?? Buffer.alloc(0)).toString('utf8')).parts;
}

/** The manifest as it lies in the archive; undefined when there is none. */
export function storedManifest(store: MemoryObjectStore): Manifest | undefined {
  const key = [...store.objects.keys()].find((name) => name.endsWith('/manifest.json'));
  return key === undefined ? undefined : manifestSchema.parse(JSON.parse(String(store.objects.get(key))));
}
