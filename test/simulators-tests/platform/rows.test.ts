import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import type { PlatformOptions } from '../../simulators/platform/options.ts';
import { ndjson, row, startClient, type TestClient } from './client.ts';

/** Codes of the first row error of a batch of that one row; none when the row was taken. */
async function codesOf(content: unknown, options: Partial<PlatformOptions> = {}): Promise<string[]> {
  const client = await startClient(options);
  const id = await client.ingest([content], { enableErrorDiagnostics: true });
  const { status, errors } = await client.batch(id);
  expect(status).toBe(errors.length === 0 ? 'success' : 'failed');
  return errors.map((error: { code: string }) => error.code);
}

const full = row('0123456789abcdef0123456789abcdef', {
  identityMap: {
    MIXPANEL: [{ id: 'one', primary: true, authenticatedState: 'ambiguous' }],
    MIXPANELDEVICE: [{ id: 'two', authenticatedState: 'ambiguous' }],
  },
  environment: {
    type: 'browser',
    operatingSystem: 'Mac OS X',
    browserDetails: { name: 'Chrome', version: '120' },
    _dc: { language: 'en-US' },
    ipV4: '192.0.2.1',
  },
  device: { manufacturer: 'Apple', screenHeight: 900 },
  placeContext: {
    geo: { countryCode: 'US', city: 'Berkeley', _schema: { latitude: 37.9, longitude: -122.3 } },
  },
  web: { webPageDetails: { URL: 'https://example.com/a?b=c#d', pageViews: { value: 1 } } },
  marketing: { campaignName: 'spring' },
  application: { version: '1.2' },
  productListItems: [{ SKU: 'a', quantity: 2, priceTotal: 9.5, currencyCode: 'EUR' }],
  _simtenant: { mixpanel: { event: 'Page', source: 'main', properties: { color: 'red', $size: '3' } } },
});

it('takes a row of every standard field group, the identity map and the tenant’s fields', async () => {
  const client = await startClient();
  await client.ingest([full]);
  expect(await client.activeRows()).toEqual([full]);
});

it.each([
  ['_id is missing', { timestamp: '2026-03-08T10:00:00Z' }, 'INGEST-1555-400'],
  ['timestamp is missing', { _id: 'a' }, 'INGEST-1555-400'],
  ['a field is null', row('a', { eventType: null }), 'INGEST-1555-400'],
  ['a text is empty', row('a', { eventType: '' }), 'INGEST-1555-400'],
  ['an object is empty', row('a', { web: {} }), 'INGEST-1555-400'],
  ['a value of the map is empty', row('a', tenant({ properties: { a: '' } })), 'INGEST-1555-400'],
  [
    'a required field of an object is missing',
    row('a', { web: { webPageDetails: { pageViews: { id: 'x' } } } }),
    'INGEST-1555-400',
  ],
  ['a boolean stands for text', row('a', { eventType: true }), 'DCVS-1104-400'],
  ['an object stands for text', row('a', { eventType: { a: 1 } }), 'DCVS-1104-400'],
  ['text stands for an object', row('a', { web: 'x' }), 'DCVS-1104-400'],
  ['an object stands for a list', row('a', { productListItems: { SKU: 'a' } }), 'DCVS-1104-400'],
  ['a fraction stands for a whole number', row('a', { device: { screenHeight: 1.5 } }), 'DCVS-1104-400'],
  ['text that is no number stands for one', row('a', { device: { screenHeight: 'tall' } }), 'DCVS-1104-400'],
  ['a field is not of the schema', row('a', { $browser: 'x' }), 'DCVS-1104-400'],
  ['a field of the map is a number in a list', row('a', tenant({ properties: { a: [1] } })), 'DCVS-1104-400'],
  ['the timestamp has no zone', row('a', { timestamp: '2026-03-08T10:00:00' }), 'DCVS-1105-400'],
  ['the day does not exist', row('a', { timestamp: '2026-02-30T10:00:00Z' }), 'DCVS-1105-400'],
  ['the timestamp lies in the future', row('a', { timestamp: '2999-01-01T00:00:00Z' }), 'DCVS-1105-400'],
  ['the id has a space', row('a b'), 'DCVS-1105-400'],
  ['the country is not of two capitals', row('a', geo({ countryCode: 'usa' })), 'DCVS-1105-400'],
  ['the region is a name', row('a', geo({ stateProvince: 'California' })), 'DCVS-1105-400'],
  ['the latitude is out of bounds', row('a', geo({ _schema: { latitude: 91 } })), 'DCVS-1105-400'],
  ['a size is negative', row('a', { environment: { viewportHeight: -1 } }), 'DCVS-1105-400'],
  ['the library’s name is no URI', row('a', { implementationDetails: { name: 'web' } }), 'DCVS-1105-400'],
  ['a value is not of the enumeration', row('a', { environment: { type: 'phone' } }), 'DCVS-1106-400'],
  ['the row is no object', [1], 'DCVS-1104-400'],
])('refuses a row when %s', async (_, content, code) => {
  expect(await codesOf(content)).toEqual([code]);
});

it('converts text to numbers, numbers to text, and milliseconds to instants', async () => {
  const client = await startClient();
  await client.ingest([
    row('a', {
      timestamp: 1_772_964_000_000,
      eventType: 5,
      device: { screenHeight: '900' },
      web: { webPageDetails: { isErrorPage: 'true' } },
    }),
  ]);
  expect(await client.activeRows()).toEqual([
    row('a', {
      timestamp: '2026-03-08T10:00:00.000Z',
      eventType: '5',
      device: { screenHeight: 900 },
      web: { webPageDetails: { isErrorPage: true } },
    }),
  ]);
});

it('drops fields that the schema does not have, and keeps empty ones, when told to', async () => {
  const client = await startClient({ extraneousFields: 'drop', emptyValues: 'accept' });
  await client.ingest([row('a', { other: 1, eventType: '' })]);
  expect(await client.activeRows()).toEqual([row('a', { eventType: '' })]);
});

it('takes a batch whose bad rows stay within the percentage, and lists what was left out', async () => {
  const client = await startClient();
  const rows = [
    ...Array.from({ length: 18 }, (_, index) => row(`${index}`)),
    { _id: 'bad' },
    row('c', { web: 'x' }),
  ];
  const id = await client.ingest(rows, { partialIngestionPercent: 10 });
  expect(await client.batch(id)).toMatchObject({
    status: 'success',
    recordCount: 20,
    failedRecordCount: 2,
    metrics: { inputRecordCount: 20, outputRecordCount: 18, failedRecordCount: 2 },
    errors: [
      { code: 'INGEST-1212-400' },
      { code: 'INGEST-1555-400', recordCount: 1 },
      { code: 'DCVS-1104-400', recordCount: 1 },
    ],
  });
  const worse = await client.ingest(rows, { partialIngestionPercent: 9 });
  expect((await client.batch(worse)).status).toBe('failed');
  expect(await client.activeRows()).toHaveLength(18);
});

it('says only that there were errors when diagnostics are off', async () => {
  const client = await startClient();
  const id = await client.ingest([{}]);
  expect((await client.batch(id)).errors.map((error: { code: string }) => error.code)).toEqual([
    'INGEST-1211-400',
  ]);
});

async function upload(client: TestClient, content: string | Buffer, body: Record<string, unknown> = {}) {
  const { id } = (await client.create({ enableErrorDiagnostics: true, ...body })).json;
  await client.put(id, 'a.json', content);
  await client.act(id, 'COMPLETE');
  await client.simulator.idle();
  return client.batch(id);
}

it('counts a line that is not JSON as a corrupt row', async () => {
  const client = await startClient();
  const batch = await upload(client, `${JSON.stringify(row('1'))}\n{"_id":\n`, {
    partialIngestionPercent: 50,
  });
  expect(batch).toMatchObject({ status: 'success', metrics: { inputRecordCount: 2, failedRecordCount: 1 } });
  expect(batch.errors[1].code).toBe('INGEST-1401-400');
});

it('reads no gzip, and all of it when switched on', async () => {
  const bytes = gzipSync(ndjson([row('1'), row('2')]));
  const batch = await upload(await startClient(), bytes);
  expect([batch.status, batch.errors[0].code]).toEqual(['failed', 'INGEST-1401-400']);
  expect((await upload(await startClient({ readGzip: true }), bytes)).status).toBe('success');
});

it('reads objects that span lines when the batch says so, and only then', async () => {
  const client = await startClient();
  const text = JSON.stringify([row('1', { eventType: 'a } b " {' }), row('2')], null, 2);
  expect((await upload(client, text)).status).toBe('failed');
  const batch = await upload(client, text, { inputFormat: { format: 'json', isMultiLineJson: true } });
  expect(batch.metrics.outputRecordCount).toBe(2);
  expect((await client.activeRows())[0].eventType).toBe('a } b " {');
});

function tenant(mixpanel: unknown): Record<string, unknown> {
  return { _simtenant: { mixpanel } };
}

function geo(place: unknown): Record<string, unknown> {
  return { placeContext: { geo: place } };
}
