import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createDuplicateIndex, type IndexBounds } from '../../../functions/export-window/duplicate-index.ts';
import { contentHashOf, createContentAdder } from '../../../functions/shared/content-hash.ts';
import fc from '../../support/seeded-fast-check.ts';

interface Line {
  readonly key: number;
  readonly text: string;
  readonly processed: unknown;
}

const directory = mkdtempSync(join(tmpdir(), 'duplicate-index-test-'));
afterAll(() => rmSync(directory, { recursive: true }));

const sha256 = (text: string) => createHash('sha256').update(text).digest();
const linesPerPart = 7;

function judge(lines: readonly Line[], bounds?: IndexBounds) {
  const index = createDuplicateIndex(directory, bounds);
  try {
    lines.forEach(({ key, text, processed }, position) => {
      index.add({
        key: sha256(`key ${key}`).toString('hex'),
        digest: sha256(text).toString('hex'),
        processed,
        part: Math.floor(position / linesPerPart),
        line: position % linesPerPart,
      });
    });
    const { duplicates, superseded, content } = index.judge(() => linesPerPart);
    const positions = [...superseded].flatMap(([part, set]) =>
      [...set].map((line) => part * linesPerPart + line),
    );
    return { duplicates, positions: positions.sort((a, b) => a - b), contentHash: contentHashOf([content]) };
  } finally {
    index.close();
  }
}

/** The rule, said plainly: of each key the newest stays, the later one on a tie. */
function naive(lines: readonly Line[]) {
  const rank = ({ processed }: Line) =>
    Number.isFinite(processed) ? Number(processed) : Number.NEGATIVE_INFINITY;
  const kept = new Map<number, number>();
  lines.forEach((line, position) => {
    const holder = lines[kept.get(line.key) ?? -1];
    if (holder === undefined || rank(line) >= rank(holder)) kept.set(line.key, position);
  });
  const content = createContentAdder();
  for (const position of kept.values()) content.add(sha256(lines[position]?.text ?? ''), 0);
  const positions = [...lines.keys()].filter((position) => kept.get(lines[position]?.key ?? -1) !== position);
  return { duplicates: positions.length, positions, contentHash: contentHashOf([content.sum()]) };
}

const anyLine = fc.record({
  key: fc.integer({ min: 0, max: 40 }),
  text: fc.string({ maxLength: 3 }),
  processed: fc.oneof(
    fc.integer({ min: 0, max: 3 }),
    fc.constantFrom(undefined, null, '9', Number.NaN, -5, 0.5),
  ),
});

describe('the duplicate index', () => {
  it('agrees with the rule said plainly, in memory and on disk', () => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 300 }), (lines) => {
        const expected = naive(lines);
        expect(judge(lines)).toEqual(expected);
        expect(judge(lines, { bufferedEntries: 1 })).toEqual(expected);
      }),
    );
  });

  it('gives equal content hashes to equal events in any order', () => {
    const lines = fc.uniqueArray(anyLine, { selector: ({ key }) => key, maxLength: 40 });
    fc.assert(
      fc.property(lines, (events) => {
        expect(judge(events.toReversed()).contentHash).toBe(judge(events).contentHash);
      }),
    );
  });

  it('finds every duplicate among many', () => {
    const lines = Array.from({ length: 60_000 }, (_, line) => ({
      key: line % 50_000,
      text: `${line}`,
      processed: 1,
    }));
    const { duplicates, positions } = judge(lines, { bufferedEntries: 50 });
    expect(duplicates).toBe(10_000);
    expect(positions.at(-1)).toBe(9_999);
  });

  it('leaves no name in temporary storage, not even while it works', () => {
    const index = createDuplicateIndex(directory, { bufferedEntries: 1 });
    for (let line = 0; line < 500; line += 1) {
      const digest = sha256(`${line}`).toString('hex');
      index.add({ key: digest, digest, processed: 1, part: 0, line });
    }
    expect(readdirSync(directory)).toEqual([]);
    expect(index.judge(() => 500).duplicates).toBe(0);
    index.close();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('fails as passing when there is no temporary storage', () => {
    const index = createDuplicateIndex(join(directory, 'missing'), { bufferedEntries: 1 });
    const digest = '0'.repeat(64);
    const add = () => index.add({ key: digest, digest, processed: 1, part: 0, line: 0 });
    add();
    expect(add).toThrow(expect.objectContaining({ code: 'temporary_storage', retryable: true }));
    index.close();
  });
});
