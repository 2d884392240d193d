import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { projectRoot } from '../../lib/config.ts';
import { describeWhere } from '../support/describe-where.ts';
import { checkRequest, type OpenApiDocument, readOpenApi, type SentRequest } from '../support/open-api.ts';
import { openApiExceptions } from '../support/open-api-exceptions.ts';
import { recordDelivery, recordSetup } from '../support/platform-requests.ts';

/** Adobe's own descriptions are not part of this project; they lie beside it where there are any. */
const folder = join(projectRoot, '../shared/openapi');
const need = { found: existsSync(folder), otherwise: "Adobe's OpenAPI files are not at ../shared/openapi" };

const apis = [
  'batch-ingestion',
  'catalog',
  'data-access',
  'flow-service',
  'identity-service',
  'schema-registry',
  'streaming-ingestion',
];
/** IMS has no published description. */
const undescribed = ['/ims/token/v3'];

/** Everything that the connector asks of Platform. */
const allKinds = [
  'GET /data/core/idnamespace/identities',
  'GET /data/foundation/catalog/batches',
  'GET /data/foundation/catalog/batches/{BATCH_ID}',
  'GET /data/foundation/catalog/dataSets',
  'GET /data/foundation/catalog/dataSets/{DATASET_ID}',
  'GET /data/foundation/export/batches/{batchId}/failed',
  'GET /data/foundation/export/batches/{batchId}/meta',
  'GET /data/foundation/flowservice/connections',
  'GET /data/foundation/flowservice/connections/{BASE_CONNECTION_ID}',
  'GET /data/foundation/flowservice/flows',
  'GET /data/foundation/flowservice/sourceConnections',
  'GET /data/foundation/flowservice/targetConnections',
  'GET /data/foundation/import/batches/{batchId}/datasets/{datasetId}/preview',
  'GET /data/foundation/schemaregistry/stats',
  'GET /data/foundation/schemaregistry/{CONTAINER_ID}/descriptors',
  'GET /data/foundation/schemaregistry/{CONTAINER_ID}/fieldgroups',
  'GET /data/foundation/schemaregistry/{CONTAINER_ID}/fieldgroups/{FIELD_GROUP_ID}',
  'GET /data/foundation/schemaregistry/{CONTAINER_ID}/schemas',
  'GET /data/foundation/schemaregistry/{CONTAINER_ID}/schemas/{SCHEMA_ID}',
  'PATCH /data/foundation/schemaregistry/tenant/fieldgroups/{FIELD_GROUP_ID}',
  'PATCH /data/foundation/schemaregistry/tenant/schemas/{SCHEMA_ID}',
  'POST /collection/batch/{CONNECTION_ID}',
  'POST /data/core/idnamespace/identities',
  'POST /data/foundation/catalog/dataSets',
  'POST /data/foundation/flowservice/connections',
  'POST /data/foundation/flowservice/flows',
  'POST /data/foundation/flowservice/sourceConnections',
  'POST /data/foundation/flowservice/targetConnections',
  'POST /data/foundation/import/batches',
  'POST /data/foundation/import/batches/{batchId}?action=ABORT',
  'POST /data/foundation/import/batches/{batchId}?action=COMPLETE',
  'POST /data/foundation/import/batches/{batchId}?action=REVERT',
  'POST /data/foundation/schemaregistry/tenant/descriptors',
  'POST /data/foundation/schemaregistry/tenant/fieldgroups',
  'POST /data/foundation/schemaregistry/tenant/schemas',
  'PUT /data/foundation/import/batches/{batchId}/datasets/{datasetId}/files/{filePath}',
];

let requests: readonly SentRequest[];
let documents: readonly OpenApiDocument[];
let problems: ReadonlySet<string>;

function find(request: SentRequest) {
  return documents.map((document) => checkRequest(document, request)).find((found) => found !== undefined);
}

/** Each with the operation that it is said of. */
function problemsOf(request: SentRequest): string[] {
  const found = find(request);
  if (found === undefined) return [`no description has ${request.method} ${request.url}`];
  return found.problems.map((problem) => `${found.operation}: ${problem}`);
}

const excepted = openApiExceptions.flatMap(({ operation, problems }) =>
  problems.map((problem) => `${operation}: ${problem}`),
);

/** The request of that method to that place, changed. */
function changed(method: string, path: string, change: (sent: SentRequest) => Partial<SentRequest>) {
  const sent = requests.find((request) => request.method === method && request.url.includes(path));
  if (sent === undefined) throw new Error(`there was no ${method} ${path}`);
  const known = problemsOf(sent);
  return problemsOf({ ...sent, ...change(sent) }).filter((problem) => !known.includes(problem));
}

describeWhere('requests to Platform', need, () => {
  beforeAll(async () => {
    documents = apis.map((name) => readOpenApi(join(folder, `adobe-${name}.yaml`)));
    const sent = [...(await recordDelivery()), ...(await recordSetup())];
    requests = sent.filter(({ url }) => !undescribed.includes(url));
    problems = new Set(requests.flatMap(problemsOf));
  });

  it('are all of their kinds', () => {
    const kinds = requests.map((request) => {
      const action = new URLSearchParams(request.url.split('?')[1]).get('action');
      return `${find(request)?.operation}${action === null ? '' : `?action=${action}`}`;
    });
    expect([...new Set(kinds)].sort()).toEqual(allKinds);
  });

  it('match Adobe’s published descriptions, but for the exceptions that are listed', () => {
    expect([...problems].filter((problem) => !excepted.includes(problem))).toEqual([]);
  });

  it('need every exception that is listed', () => {
    expect(excepted.filter((problem) => !problems.has(problem))).toEqual([]);
  });

  it('would not match with another path, method, parameter, header or type of body', () => {
    const list = '/catalog/batches?';
    expect(changed('GET', list, ({ url }) => ({ url: `${url}&colour=red` }))).toHaveLength(1);
    expect(changed('GET', list, ({ url }) => ({ url: url.replace('limit=100', 'limit=all') }))).toHaveLength(
      1,
    );
    expect(changed('GET', list, () => ({ method: 'PURGE' }))).toHaveLength(1);
    for (const [method, path, name] of [
      ['GET', list, 'x-api-key'],
      ['GET', '/schemaregistry/stats', 'x-sandbox-name'],
      ['GET', '/tenant/schemas/', 'accept'],
      ['POST', '/collection/', 'x-sandbox-name'],
    ] as const) {
      const headers = (sent: SentRequest) => ({ headers: { ...sent.headers, [name]: undefined } });
      expect(changed(method, path, headers), name).toHaveLength(1);
    }
    const text = (sent: SentRequest) => ({ headers: { ...sent.headers, 'content-type': 'text/plain' } });
    expect(changed('POST', '/tenant/schemas', text)).toHaveLength(1);
    expect(changed('POST', '/flowservice/flows', text)).toHaveLength(1);
  });

  it('would not match with a key too much or too little in a body, or without one', () => {
    const less = (key: string) => (sent: SentRequest) => ({ body: sent.body.replace(`"${key}"`, '"other"') });
    for (const [path, key] of [
      ['/tenant/fieldgroups', 'meta:intendedToExtend'],
      ['/idnamespace/identities', 'idType'],
      ['/flowservice/flows', 'flowSpec'],
      ['/collection/', 'flowId'],
    ] as const)
      expect(changed('POST', path, less(key)), key).toHaveLength(2);
    expect(changed('POST', '/catalog/dataSets', less('schemaRef'))).toHaveLength(1);
    expect(changed('PATCH', '/tenant/schemas', less('op'))).toHaveLength(2);
    expect(changed('POST', '/tenant/schemas', () => ({ body: '' }))).toHaveLength(1);
    expect(changed('POST', '/flowservice/flows', () => ({ body: '' }))).toHaveLength(1);
  });
});
