import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDataDir } from '../../../bin/local/data-dir.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'connector-data-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const rights = (folder: string) => statSync(folder).mode & 0o777;

describe('the data directory', () => {
  it('is made for its user alone, with all folders above it that were not there', () => {
    createDataDir(join(dir, 'a', 'b'));
    expect([rights(join(dir, 'a')), rights(join(dir, 'a', 'b'))]).toEqual([0o700, 0o700]);
  });

  it('keeps the rights that it has where it exists', () => {
    const shared = join(dir, 'shared');
    mkdirSync(shared);
    chmodSync(shared, 0o750);
    createDataDir(shared);
    expect(rights(shared)).toBe(0o750);
  });
});
