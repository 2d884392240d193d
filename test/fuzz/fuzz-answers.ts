import { once } from 'node:events';
import {
  ConnectorError,
  DeferredError,
  describeError,
  RetryableError,
} from '../../functions/shared/errors.ts';
import { createMixpanelApp } from '../../functions/shared/mixpanel/app-client.ts';
import { createMixpanelClient } from '../../functions/shared/mixpanel/mixpanel-client.ts';
import { createBatches } from '../../functions/shared/platform/batches.ts';
import { createTokenSource } from '../../functions/shared/platform/ims-token.ts';
import { createInlet } from '../../functions/shared/platform/inlet.ts';
import { createPlatformClient } from '../../functions/shared/platform/platform-client.ts';
import { createRefusedRows } from '../../functions/shared/platform/refused-rows.ts';
import { createSchemaRegistry } from '../../functions/shared/platform/schema-registry.ts';
import { wireSchema } from '../../functions/shared/platform/wire.ts';
import { changed, damaged, objectTexts, valueTexts } from '../support/hostile-texts.ts';
import fc from '../support/seeded-fast-check.ts';
import { startVendor } from '../support/vendor-server.ts';
import type { FuzzCounts, FuzzOptions } from './fuzz-lines.ts';

/** Longer than a message of two hundred problems. */
const mostWords = 100_000;
/** As a secret may be: with characters that other writings escape. */
const word = 'pass-word';
const secret = `${word} "+/&é`;
const secretForms = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
const token = 'token-hush';

const values = valueTexts([
  '"active"',
  '"constructor"',
  '"id"',
  '200',
  JSON.stringify(secret),
  JSON.stringify(encodeURIComponent(secret)),
]);
const batch = {
  status: 'active',
  metrics: { outputRecordCount: 3 },
  errors: [{ code: '1', description: 'd' }],
};
const row = { _id: 'i', _errors: [{ code: '1', message: 'm' }], _corrupt_record: '{"_id":"x"' };
/** What vendors answer, each with something changed, and objects of any kind. */
const bodies = damaged(
  fc.oneof(
    ...[
      { access_token: token, token_type: 'bearer', expires_in: 86_399 },
      { id: 'b' },
      { b: batch },
      { data: [{ name: 'f' }] },
      row,
      { responses: [{ statusCode: 207, message: 'm' }] },
      { $id: 'https://ns.adobe.com/t/schemas/1' },
      { status: 'ok', results: { projects: { 1: { name: 'p', organization_id: 7 } } } },
      { results: [{ username: 'u', expires: '2027-01-01' }] },
      { error_code: '403025', error: 'Unable to authenticate request', message: `${secret} ${token}` },
    ].map((answer) => changed(answer, values)),
    objectTexts(['status', 'b', 'id', 'error', 'responses'], values, 5),
    fc.constant([token, ...secretForms].join(' ')),
  ),
);
const statuses = fc.oneof(
  { weight: 4, arbitrary: fc.constant(200) },
  fc.constantFrom(201, 204, 206, 302, 304, 400, 401, 403, 404, 408, 410, 413, 429, 500, 503, 599),
);
const headers = fc.dictionary(
  fc.constantFrom('retry-after', 'content-encoding', 'content-type', 'location'),
  fc.constantFrom(
    '9'.repeat(300),
    '-1',
    '1e9',
    'Fri, 31 Dec 9999 23:59:59 GMT',
    'gzip',
    'text/html',
    'http://evil.com/?a',
  ),
);

/**
 * Has every client read made-up answers of a server.
 *
 * @throws with the answer, made as small as can be, when a client throws what is no error of ours, or says too much.
 */
export async function fuzzAnswers({ runs, seed }: FuzzOptions): Promise<FuzzCounts> {
  let answer: { status: number; headers: Record<string, string>; body: Buffer } = {
    status: 200,
    headers: {},
    body: Buffer.alloc(0),
  };
  const server = await startVendor((request, response) => {
    request.resume();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  const counts = { taken: 0, refused: 0 };
  const calls = clientsOf(server.url);
  try {
    await fc.assert(
      fc.asyncProperty(
        statuses,
        headers,
        bodies,
        fc.nat(calls.length - 1),
        async (status, sent, body, at) => {
          answer = { status, headers: sent, body };
          try {
            await calls[at]?.act();
            counts.taken += 1;
          } catch (error) {
            requireRefusal(error, calls[at]?.knows ?? []);
            counts.refused += 1;
          }
        },
      ),
      { numRuns: runs, seed },
    );
  } finally {
    await server.close();
  }
  return counts;
}

interface Call {
  /** What the server was sent, and may send back. */
  readonly knows: readonly string[];
  readonly act: () => Promise<unknown>;
}

/** A call of each kind, of every client. */
function clientsOf(url: string): Call[] {
  const clock = () => 1_800_000_000_000;
  const reader = <Value>(value: Value) => ({ get: async () => value, refresh: async () => value });
  const account = { kind: 'serviceAccount', username: 'u', secret } as const;
  const credential = async () => ({ token, clientId: 'c' });
  const tokens = { get: credential, renew: credential, renewFromSecret: credential };
  const platform = createPlatformClient({ baseUrl: url, orgId: 'o', sandbox: 's', tokens, clock });
  const wire = wireSchema.parse({});
  const batches = createBatches(platform, wire);
  const app = createMixpanelApp({ appUrl: url, credentials: reader(account), secretId: 's' });
  const mixpanel = createMixpanelClient({
    baseUrl: url,
    projectId: '1',
    credentials: reader(account),
    clock,
  });
  const { signal } = new AbortController();
  const inletUrl = `${url}/collection/x`;
  const inlet = createInlet({
    client: platform,
    inletUrl,
    flowId: 'f',
    orgId: 'o',
    datasetId: 'd',
    schemaId: 's',
  });
  const ims = { imsUrl: url, scopes: 's', secret: reader({ clientId: 'c', clientSecret: secret }), clock };
  const withSecret = [
    () => createTokenSource(ims).get(),
    () => app.projects(),
    () => app.serviceAccounts('7'),
    async () => {
      const { body } = await mixpanel.exportWindow({ fromDate: '2026-03-08', toDate: '2026-03-08' });
      body.resume();
      await once(body, 'close');
    },
  ];
  const withToken = [
    () => batches.create({ datasetId: 'd', externalId: 'e', replaces: [], maxFailedPercent: 5 }),
    async () => {
      const { phase, errors } = (await batches.get('b')) ?? { phase: 'open', errors: [] };
      if (typeof phase !== 'string' || errors.join('').length > 10_000) throw new Error('it is no report');
    },
    () => batches.findByExternalId('d', 'e'),
    () => batches.abort('b'),
    async () => {
      const rows = await createRefusedRows(platform, wire).read('b', signal);
      if (rows.some(({ reason }) => reason.length > 1000)) throw new Error('its reason is too long');
    },
    () => inlet.send(['{}'], signal),
    () => createSchemaRegistry(platform).readFullSchema('s'),
  ];
  return [
    ...withSecret.map((act) => ({ knows: [word], act })),
    ...withToken.map((act) => ({ knows: [token], act })),
  ];
}

function requireRefusal(error: unknown, secrets: readonly string[]): void {
  if (!(error instanceof ConnectorError)) throw new Error('no error of ours', { cause: error });
  const words = describeError(error);
  if (words.length > mostWords) throw new Error('it says too much');
  if (secrets.some((one) => words.includes(one)))
    throw new Error(`it shows a secret: ${words.slice(0, 500)}`);
  const waitMs =
    error instanceof DeferredError ? error.delayMs : error instanceof RetryableError ? error.retryAfterMs : 0;
  if (waitMs !== undefined && !(waitMs >= 0 && waitMs <= 3_600_000))
    throw new Error(`a wait of ${waitMs} ms`);
}
