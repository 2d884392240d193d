import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { localConfigFile } from '../../bin/local/local-files.ts';
import { parsePreviewOptions } from '../../bin/preview/preview-options.ts';
import { previewSource } from '../../bin/preview/preview-source.ts';
import { runPreview } from '../../bin/preview/run-preview.ts';
import type { Manifest } from '../../functions/shared/manifest.ts';
import { manifestKey, partKey, partName, supersededKey } from '../../functions/shared/object-keys.ts';
import { createS3ObjectStore } from '../../functions/shared/s3-object-store.ts';
import { writeSuperseded } from '../../functions/shared/superseded.ts';
import { startTestAws, type TestAws } from '../support/aws.ts';
import { createMemoryObjectStore } from '../support/memory-object-store.ts';
import { previewedSchema } from '../support/preview-command.ts';

const window = { source: 'shop', date: '2026-03-08' };
const older = '20260309T033000000Z-00000001';
const newer = '20260310T033000000Z-00000002';
const incomplete = '20260311T033000000Z-00000003';

const lineOf = (name: string, seconds: number) =>
  `${JSON.stringify({ event: name, properties: { time: 1_772_953_200 + seconds, $insert_id: name, distinct_id: 'u' } })}\n`;

const archive = createMemoryObjectStore();
const dir = mkdtempSync(join(tmpdir(), 'connector-preview-run-'));
const bucketDir = join(dir, 'aws', 's3', 'archive');
const mapping = join(dir, 'mapping.json');

/** A complete run of a project that stores the wall time of Madrid; the second line of its second part is superseded. */
async function storeRun(run: string, parts: readonly (readonly string[])[]): Promise<void> {
  const ref = { ...window, run };
  const stored = parts.map((lines, index) => {
    const bytes = Buffer.from(lines.join(''));
    const gzip = gzipSync(bytes);
    archive.objects.set(partKey(ref, index), gzip);
    const sha256 = createHash('sha256').update(gzip).digest('hex');
    const sizes = { records: lines.length, bytes: bytes.length, gzipBytes: gzip.length };
    return { key: partKey(ref, index), ...sizes, sha256 };
  });
  await writeSuperseded(archive, supersededKey(ref), [[partName(1), [1]]]);
  const at = '2026-03-09T03:30:00.000Z';
  const manifest: Manifest = {
    version: 1,
    ...ref,
    startedAt: at,
    completedAt: at,
    requests: 1,
    parts: stored,
    records: parts.flat().length,
    duplicates: 1,
    bytes: stored.reduce((sum, part) => sum + part.bytes, 0),
    contentHash: '0'.repeat(64),
    timestamps: 'project',
    timezone: 'Europe/Madrid',
  };
  archive.objects.set(manifestKey(ref), Buffer.from(JSON.stringify(manifest)));
}

async function preview(options: Readonly<Record<string, unknown>>) {
  const output = new PassThrough();
  const written = text(output);
  let notices = '';
  const status = await runPreview(parsePreviewOptions({ mapping, json: true, ...options }), {
    input: Readable.from([]),
    output,
    notices: (notice) => {
      notices += notice;
    },
  });
  output.end();
  const lines = (await written).split('\n').slice(0, -1);
  return { status, notices, rows: lines.map((line) => previewedSchema.parse(JSON.parse(line)).output) };
}

let aws: TestAws;
beforeAll(async () => {
  await storeRun(older, [[lineOf('old', 0)], [lineOf('old2', 1), lineOf('lost', 2)]]);
  await storeRun(newer, [
    [lineOf('a', 0), lineOf('b', 1)],
    [lineOf('c', 2), lineOf('lost', 3)],
  ]);
  archive.objects.set(partKey({ ...window, run: incomplete }, 0), gzipSync(lineOf('never', 0)));
  aws = await startTestAws();
  await aws.s3.send(new CreateBucketCommand({ Bucket: 'archive' }));
  const store = createS3ObjectStore(aws.s3, 'archive');
  for (const [key, body] of archive.objects) {
    await store.put(key, body);
    mkdirSync(dirname(join(bucketDir, key)), { recursive: true });
    writeFileSync(join(bucketDir, key), body);
  }
  writeFileSync(
    mapping,
    JSON.stringify([
      { source: 'connector', destination: 'c' },
      { source: 'event', destination: 'e' },
      { source: 'connector.id', destination: '_id' },
      { source: 'connector.timestamp', destination: 'timestamp' },
    ]),
  );
  for (const [name, value] of Object.entries({
    AWS_ENDPOINT_URL: aws.url,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  }))
    vi.stubEnv(name, value);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await aws.close();
  rmSync(dir, { recursive: true, force: true });
});

describe('connector preview --run', () => {
  it.each([
    ['a local connector', { data: dir }],
    ['a copy of an archive', { data: bucketDir }],
    ['a bucket', { bucket: 'archive' }],
  ])('maps the newest complete run of a window as delivery does, from %s', async (_, where) => {
    const { status, rows, notices } = await preview({ run: 'shop/2026-03-08', ...where });
    expect(rows.map((row) => row?.e)).toEqual(['a', 'b', 'c']);
    // Seven in the morning on the wall in Madrid.
    expect(rows[0]?.c).toMatchObject({ ...window, run: newer, timestamp: '2026-03-08T06:00:00.000Z' });
    expect(notices).toBe(
      `run ${newer}: 4 lines in 2 parts, of which 1 lost against a duplicate and are passed over\n`,
    );
    expect(status).toBe(0);
  });

  it('maps the run that is named', async () => {
    const { rows } = await preview({ run: `shop/2026-03-08/${older}`, data: dir });
    expect(rows.map((row) => row?.e)).toEqual(['old', 'old2']);
  });

  it('fails on a part that is not what its manifest says', async () => {
    const key = partKey({ ...window, run: older }, 0);
    writeFileSync(join(bucketDir, key), gzipSync(lineOf('changed', 0)));
    await expect(preview({ run: `shop/2026-03-08/${older}`, data: dir })).rejects.toThrow(/not the content/);
  });

  it('refuses a window without a complete run, and a folder that is no archive', async () => {
    await expect(preview({ run: 'shop/2026-03-09', data: dir })).rejects.toThrow(
      '--run: found "shop/2026-03-09"; must be a window that has a complete run in this archive',
    );
    await expect(preview({ run: 'shop/2026-03-08', data: join(dir, 'aws') })).rejects.toThrow(
      /--data: found/,
    );
    await expect(preview({ run: 'shop/2026-03-09', bucket: 'archive' })).rejects.toThrow(/--run: found/);
  });

  it('goes by the configuration of the local connector whose run it reads, unless another is named', () => {
    const data = join(dir, 'local');
    const configOf = (folder: string, tenant: string) => {
      mkdirSync(folder, { recursive: true });
      const platform = { orgId: 'o@AdobeOrg', sandbox: 'prod', datasetId: 'd', schemaId: 's', tenant };
      const sources = [{ id: 'shop', mixpanel: { projectId: 7 }, platform }];
      writeFileSync(localConfigFile(folder), JSON.stringify({ sources }));
      return localConfigFile(folder);
    };
    configOf(data, 'ofthelocalone');
    const config = configOf(join(dir, 'other'), 'ofanother');
    const sourceOf = (options: object) =>
      previewSource(parsePreviewOptions({ mapping, run: 'shop/2026-03-08', data, ...options }), true);
    expect(sourceOf({}).tenant).toBe('ofthelocalone');
    expect(sourceOf({ config }).tenant).toBe('ofanother');
    expect(() => sourceOf({ run: 'shpo/2026-03-08' })).toThrow(
      `--run: found "shpo"; did you mean shop? must be one of shop, the sources of ${localConfigFile(data)}`,
    );
    expect(() => sourceOf({ source: 'shpo' })).toThrow('--source: found "shpo"; did you mean shop?');
  });

  it('refuses options that a stored run answers itself, and a run that lies nowhere', async () => {
    const refused = (options: Readonly<Record<string, unknown>>) => () =>
      parsePreviewOptions({ mapping, ...options });
    const run = 'shop/2026-03-08';
    expect(refused({ run })).toThrow('--run: found "shop/2026-03-08"; needs --data DIR or --bucket NAME');
    expect(refused({ run, data: dir, bucket: 'b' })).toThrow('--bucket');
    expect(refused({ run, data: dir, raw: true })).toThrow('leave it out with --run');
    expect(refused({ run, data: dir, input: '-' })).toThrow('leave it out with --run');
    expect(refused({ data: dir })).toThrow('name it with --run');
    expect(refused({ run, data: dir, region: 'eu-west-1' })).toThrow(
      '--region: found "eu-west-1"; belongs to --bucket',
    );
    expect(refused({ run: 'shop', data: dir })).toThrow('must be source/date');
  });
});
