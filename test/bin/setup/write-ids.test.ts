import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { idsToWrite, writeIds } from '../../../bin/setup/write-ids.ts';

const dir = mkdtempSync(join(tmpdir(), 'connector-ids-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it('replaces the file that a link leads to, keeps its rights, and leaves nothing beside it', () => {
  const file = join(dir, 'real.json');
  const link = join(dir, 'connector.config.json');
  writeFileSync(file, '{"sources":[{"platform":{"orgId":"o"}}]}');
  chmodSync(file, 0o660);
  symlinkSync(file, link);
  writeIds(link, 0, { datasetId: 'd', tenant: 't' });
  expect(readFileSync(file, 'utf8')).toBe(
    '{"sources":[{"platform":{"orgId":"o","tenant": "t","datasetId": "d"}}]}',
  );
  expect(statSync(file).mode & 0o777).toBe(0o660);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readdirSync(dir).sort()).toEqual(['connector.config.json', 'real.json']);
});

it('writes what is new or other alone', () => {
  expect(
    idsToWrite({ tenant: 't', schemaId: 'old' }, { tenant: 't', schemaId: 'new', datasetId: 'd' }),
  ).toEqual({
    schemaId: 'new',
    datasetId: 'd',
  });
});
