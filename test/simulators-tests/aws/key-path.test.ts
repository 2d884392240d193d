import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keyToSegments } from '../../simulators/aws/s3/key-path.ts';
import { createLayout } from '../../simulators/aws/s3/layout.ts';
import { listPage } from '../../simulators/aws/s3/list-page.ts';
import fc from '../../support/seeded-fast-check.ts';

/** Keys that are made of what is hard: slashes, dots, marks of ours, long segments, characters beyond ASCII. */
const keys = fc
  .array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.constantFrom(
          'a',
          'b',
          '/',
          '.',
          '..',
          '%',
          '%+',
          '%meta',
          '%empty',
          'constructor',
          '!',
          '0',
          ' ',
        ),
      },
      { weight: 1, arbitrary: fc.constantFrom('\u0001', '\n', 'ä', '😀', 'x'.repeat(199), 'ü'.repeat(101)) },
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((pieces) => pieces.join(''))
  .filter((key) => Buffer.byteLength(key) <= 1024);

const byBytes = (left: string, right: string) => Buffer.compare(Buffer.from(left), Buffer.from(right));

describe('the path of a key', () => {
  it('leaves an everyday key as it is', () => {
    const key = 'raw/source=shop/date=2026-03-08/run=01JC/part-00000.ndjson.gz';
    expect(keyToSegments(key).join('/')).toBe(key);
  });

  it('has only names that a file system takes', () => {
    fc.assert(
      fc.property(keys, (key) => {
        for (const name of keyToSegments(key)) {
          expect(name).not.toMatch(/^\.{0,2}$|[/\0]/);
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(250);
        }
      }),
    );
  });

  it("is the key's own", () => {
    fc.assert(
      fc.property(keys, keys, (left, right) => {
        fc.pre(left !== right);
        expect(keyToSegments(left)).not.toEqual(keyToSegments(right));
      }),
    );
  });
});

describe('a listing', () => {
  const withKeys = async (all: readonly string[], look: (folder: string) => Promise<void>) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'key-path-'));
    const layout = createLayout(dataDir);
    try {
      for (const key of all) {
        const path = layout.recordPath('bucket', key);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, '');
      }
      await look(layout.recordRoot('bucket'));
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  };
  const pages = async (folder: string, query: { prefix: string; delimiter: string; maxKeys: number }) => {
    const items: string[] = [];
    let after: Parameters<typeof listPage>[1]['after'];
    for (;;) {
      const page = await listPage(folder, { ...query, after });
      items.push(...page.items.map(({ text }) => text));
      after = page.items.at(-1);
      if (!page.isTruncated) return items;
    }
  };
  const sets = fc.uniqueArray(keys, { minLength: 1, maxLength: 12 });
  const some = { numRuns: 60 };

  it('gives back every key once, in the order of their bytes', async () => {
    await fc.assert(
      fc.asyncProperty(sets, fc.integer({ min: 1, max: 5 }), (all, maxKeys) =>
        withKeys(all, async (folder) => {
          const found = await pages(folder, { prefix: '', delimiter: '', maxKeys });
          expect(found).toEqual([...all].sort(byBytes));
        }),
      ),
      some,
    );
  });

  it('folds by prefix and delimiter as the definition says', async () => {
    const delimiters = fc.constantFrom('/', '%', 'a/');
    await fc.assert(
      fc.asyncProperty(sets, fc.constantFrom('', 'a', 'a/', '%'), delimiters, (all, prefix, delimiter) =>
        withKeys(all, async (folder) => {
          const folded = all
            .filter((key) => key.startsWith(prefix))
            .map((key) => {
              const at = key.indexOf(delimiter, prefix.length);
              return at === -1 ? key : key.slice(0, at + delimiter.length);
            });
          const found = await pages(folder, { prefix, delimiter, maxKeys: 2 });
          expect(found).toEqual([...new Set(folded)].sort(byBytes));
        }),
      ),
      some,
    );
  });
});
