import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBatches } from '../../functions/shared/platform/batches.ts';
import { createTokenSource } from '../../functions/shared/platform/ims-token.ts';
import { createPlatformClient } from '../../functions/shared/platform/platform-client.ts';
import { createRefusedRows } from '../../functions/shared/platform/refused-rows.ts';
import { projectRoot } from '../../lib/config.ts';
import { localPlatform } from '../simulators/platform/options.ts';
import { createLoadWorld, deliver, eventLines, type LoadWorld } from '../support/load-world.ts';
import { type OpenApiDocument, openApiProblems, readOpenApi, type SentRequest } from '../support/open-api.ts';
import { type RecordingProxy, startRecordingProxy } from '../support/recording-proxy.ts';

/** Adobe's own descriptions are not part of this project; they lie beside it where there are any. */
const folder = join(projectRoot, '../shared/openapi');
const isThere = existsSync(folder);
if (!isThere) console.log(`skipped: Adobe's OpenAPI files are not at ${folder}`);

/** IMS has no published description. */
const undescribed = ['/ims/token/v3'];

let world: LoadWorld;
let proxy: RecordingProxy;
let documents: readonly OpenApiDocument[];

/** Everything that a delivery may ask of Platform: two runs, a window that becomes empty, refused rows. */
beforeAll(async () => {
  if (!isThere) return;
  documents = ['batch-ingestion', 'catalog', 'data-access'].map((name) =>
    readOpenApi(join(folder, `adobe-${name}.yaml`)),
  );
  world = await createLoadWorld();
  proxy = await startRecordingProxy(world.platform.url);
  const { platform } = world.deps.settings;
  const clock = Date.now;
  const secret = { clientId: localPlatform.clientId, clientSecret: localPlatform.clientSecret };
  const reader = { get: async () => secret, refresh: async () => secret };
  const tokens = createTokenSource({ imsUrl: proxy.url, scopes: platform.scopes, secret: reader, clock });
  const client = createPlatformClient({ ...platform, baseUrl: proxy.url, tokens, clock });
  const recorded = {
    batches: createBatches(client, platform.wire),
    refusedRows: createRefusedRows(client, platform.wire),
  };
  world.platform.addFault({ outcome: 'partial', rows: 1, nth: 2 });
  await world.storeRun('r1', eventLines(40), 20);
  await world.drain(deliver('r1'), recorded);
  await world.storeRun('r2', eventLines(40, 'new'), 20);
  await world.drain(deliver('r2'), recorded);
  await world.storeRun(
    'r3',
    eventLines(1).map((line) => line.replace('e0', 'bad')),
  );
  await world.drain(deliver('r3'), recorded);
  await world.storeRun('r4', []);
  await world.drain(deliver('r4'), recorded);
});
afterAll(async () => {
  if (!isThere) return;
  await proxy.close();
  await world.close();
});

function problemsOf(request: SentRequest): string[] {
  const found = documents
    .map((document) => openApiProblems(document, request))
    .find((problems) => problems !== undefined);
  return (found ?? ['no document has this request']).map(
    (problem) => `${request.method} ${request.url}: ${problem}`,
  );
}

describe.skipIf(!isThere)('requests of a delivery', () => {
  it('are all of their kinds', () => {
    const kinds = new Set(
      proxy.requests.map(({ method, url }) => {
        const [path = '', query = ''] = url.split('?');
        return `${method} ${path.split('/').slice(2, 4).join('/')} ${new URLSearchParams(query).get('action') ?? ''}`.trim();
      }),
    );
    for (const kind of [
      'POST foundation/import',
      'PUT foundation/import',
      'POST foundation/import COMPLETE',
      'POST foundation/import ABORT',
      'POST foundation/import REVERT',
      'GET foundation/catalog',
      'GET foundation/export',
    ])
      expect(kinds).toContain(kind);
  });

  it('match Adobe’s published descriptions in path, method, parameters, headers and type of body', () => {
    const described = proxy.requests.filter(({ url }) => !undescribed.includes(url));
    expect(described.length).toBeGreaterThan(15);
    expect([...new Set(described.flatMap(problemsOf))]).toEqual([]);
  });

  it('would not, with a parameter or a header that Adobe does not know or asks for', () => {
    const [first] = proxy.requests.filter(({ url }) => url.includes('/catalog/batches?'));
    if (first === undefined) throw new Error('no list was asked for');
    expect(problemsOf({ ...first, url: `${first.url}&colour=red` })).toHaveLength(1);
    expect(problemsOf({ ...first, headers: { ...first.headers, 'x-api-key': undefined } })).toHaveLength(1);
    expect(problemsOf({ ...first, method: 'PURGE' })).toHaveLength(1);
  });
});
