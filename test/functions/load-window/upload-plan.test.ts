import { describe, expect, it } from 'vitest';
import { uploadSizes, uploadsOf } from '../../../functions/load-window/upload-plan.ts';
import type { Manifest } from '../../../functions/shared/manifest.ts';
import { guardrails } from '../../../functions/shared/platform/guardrails.ts';
import fc from '../../support/seeded-fast-check.ts';

function manifestOf(parts: number): Manifest {
  const at = '2026-03-09T00:00:00.000Z';
  const part = { key: 'k', records: 1, bytes: 1, gzipBytes: 1, sha256: '0'.repeat(64) };
  return {
    version: 1,
    source: 'shop',
    date: '2026-03-08',
    run: 'r',
    startedAt: at,
    completedAt: at,
    requests: 1,
    parts: Array.from({ length: parts }, () => part),
    records: parts,
    duplicates: 0,
    bytes: parts,
    contentHash: '0'.repeat(64),
    timestamps: 'utc',
    timezone: 'UTC',
  };
}

describe('the uploads of a run', () => {
  it('are one for each part of an ordinary window', () => {
    expect(uploadsOf(manifestOf(3))).toEqual([[0], [1], [2]]);
    expect(uploadsOf(manifestOf(0))).toEqual([]);
  });

  it('take a few parts each where a window is huge: 1,600 parts are a day of 100 GB', () => {
    const uploads = uploadsOf(manifestOf(1600));
    expect(uploads).toHaveLength(400);
    expect(uploads[1]).toEqual([4, 5, 6, 7]);
  });

  it('have each part once, in order, and are never more than a batch has room for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 5000 }),
        fc.integer({ min: 1, max: 600 }),
        (parts, maxUploads) => {
          const uploads = uploadsOf(manifestOf(parts), { fileBytes: 1, maxUploads });
          expect(uploads.length).toBeLessThanOrEqual(maxUploads);
          expect(uploads.flat()).toEqual([...Array(parts).keys()]);
        },
      ),
    );
  });

  it('make no more files of the largest batch than a batch may have, each well below the largest file', () => {
    const { fileBytes, maxUploads } = uploadSizes;
    const full = Math.floor(guardrails.bytesPerBatch / fileBytes);
    expect(full + maxUploads).toBeLessThanOrEqual(guardrails.filesPerBatch);
    expect(fileBytes).toBeLessThan(guardrails.bytesPerFile / 2);
  });
});
