import { describe, expect, it } from 'vitest';
import {
  applyDecision,
  closeDelivery,
  decide,
  recordBatch,
  recordCounts,
} from '../../../functions/load-window/delivery-ledger.ts';
import type { Ledger } from '../../../functions/shared/ledger.ts';
import type { Manifest } from '../../../functions/shared/manifest.ts';
import type { DeliverMessage } from '../../../functions/shared/messages.ts';

const target = { mappingHash: 'm1', datasetId: 'd1' };
const nowMs = Date.UTC(2026, 2, 9);
const fresh: Ledger = {
  version: 1,
  source: 'shop',
  date: '2026-03-08',
  state: 'exported',
  activeBatch: null,
  activeContentHash: null,
  mappingHash: null,
  deliveries: [],
  exported: null,
  slicing: null,
  error: null,
  updatedAt: '2026-03-09T00:00:00.000Z',
};

function manifestOf(run: string, records = 10, contentHash = `content of ${run}`): Manifest {
  const at = '2026-03-09T00:00:00.000Z';
  const part = { key: 'k', records, bytes: 1, gzipBytes: 1, sha256: '0'.repeat(64) };
  return {
    version: 1,
    source: 'shop',
    date: '2026-03-08',
    run,
    startedAt: at,
    completedAt: at,
    requests: 1,
    parts: records === 0 ? [] : [part],
    records,
    duplicates: 0,
    bytes: 1,
    contentHash,
    timestamps: 'utc',
    timezone: 'UTC',
  };
}

function messageOf(run: string, request = `request of ${run}`): DeliverMessage {
  return { version: 1, type: 'deliver', date: '2026-03-08', run, request, reload: false, reason: null };
}

function open(ledger: Ledger, run: string, manifest = manifestOf(run), id = `delivery of ${run}`): Ledger {
  const message = messageOf(run);
  return applyDecision(ledger, decide(ledger, manifest, message, target), {
    id,
    message,
    target,
    manifest,
    nowMs,
  });
}

function deliver(ledger: Ledger, run: string, manifest = manifestOf(run)): Ledger {
  const id = `delivery of ${run}`;
  const counts = { filtered: 0, rejected: 1, mapped: manifest.records - 1 };
  const counted = recordCounts(
    recordBatch(open(ledger, run, manifest), id, `batch of ${run}`),
    id,
    manifest,
    counts,
  );
  return closeDelivery(counted, id, { state: 'delivered', accepted: counts.mapped, failed: 0 }, nowMs);
}

describe('deciding what a request to deliver means', () => {
  it('opens a delivery for the first run of a window', () => {
    expect(decide(fresh, manifestOf('r1'), messageOf('r1'), target)).toEqual({ kind: 'open', replaces: [] });
  });

  it('resumes the delivery that the same request opened', () => {
    const ledger = open(fresh, 'r1');
    expect(decide(ledger, manifestOf('r1'), messageOf('r1'), target)).toMatchObject({
      kind: 'resume',
      delivery: { id: 'delivery of r1' },
    });
  });

  it('skips a request that was answered', () => {
    expect(decide(deliver(fresh, 'r1'), manifestOf('r1'), messageOf('r1'), target)).toMatchObject({
      kind: 'skip',
    });
  });

  it('delivers again when the same request comes back from the dead letters', () => {
    const failed = closeDelivery(
      open(fresh, 'r1'),
      'delivery of r1',
      { state: 'failed', error: 'batch failed' },
      nowMs,
    );
    expect(decide(failed, manifestOf('r1'), messageOf('r1'), target)).toMatchObject({ kind: 'open' });
  });

  it('replaces what was delivered before', () => {
    expect(decide(deliver(fresh, 'r1'), manifestOf('r2'), messageOf('r2'), target)).toEqual({
      kind: 'open',
      replaces: ['batch of r1'],
    });
  });

  it('sends nothing when content and mapping are those delivered', () => {
    const ledger = deliver(fresh, 'r1');
    const same = manifestOf('r2', 10, 'content of r1');
    expect(decide(ledger, same, messageOf('r2'), target)).toEqual({ kind: 'unchanged' });
    expect(decide(ledger, same, messageOf('r2'), { ...target, mappingHash: 'm2' })).toMatchObject({
      kind: 'open',
    });
  });

  it('never lets an older run take the place of a newer one', () => {
    expect(decide(deliver(fresh, 'r2'), manifestOf('r1'), messageOf('r1'), target)).toMatchObject({
      kind: 'skip',
    });
    expect(decide(open(fresh, 'r2'), manifestOf('r1'), messageOf('r1'), target)).toMatchObject({
      kind: 'skip',
    });
    const exported = { ...fresh, exported: { run: 'r2', request: 'x', at: '2026-03-09T00:00:00.000Z' } };
    expect(decide(exported, manifestOf('r1'), messageOf('r1'), target)).toMatchObject({ kind: 'skip' });
  });

  it('settles an older open delivery first', () => {
    expect(decide(open(fresh, 'r1'), manifestOf('r2'), messageOf('r2'), target)).toMatchObject({
      kind: 'settle',
      delivery: { run: 'r1' },
    });
  });

  it('knows an empty window that had nothing from one that lost everything', () => {
    expect(decide(fresh, manifestOf('r1', 0), messageOf('r1'), target)).toEqual({ kind: 'empty' });
    expect(decide(deliver(fresh, 'r1'), manifestOf('r2', 0), messageOf('r2'), target)).toEqual({
      kind: 'open',
      replaces: ['batch of r1'],
    });
  });

  it('does not name a batch of another dataset as predecessor', () => {
    const moved = { ...target, datasetId: 'd2' };
    const same = manifestOf('r2', 10, 'content of r1');
    expect(decide(deliver(fresh, 'r1'), same, messageOf('r2'), moved)).toEqual({
      kind: 'open',
      replaces: [],
    });
  });
});

describe('closing a delivery', () => {
  it('keeps every count adding up, however it ends', () => {
    const opened = recordCounts(open(fresh, 'r1'), 'delivery of r1', manifestOf('r1'), {
      filtered: 0,
      rejected: 2,
      mapped: 8,
    });
    const endings = [
      { state: 'delivered', accepted: 7, failed: 1 } as const,
      { state: 'failed', error: 'e' } as const,
      { state: 'rejected', error: 'e' } as const,
      { state: 'failed', error: 'e', active: true, accepted: 5, failed: 3 } as const,
    ];
    for (const ending of endings) {
      const [delivery] = closeDelivery(opened, 'delivery of r1', ending, nowMs).deliveries;
      if (delivery === undefined) throw new Error('no delivery');
      expect(delivery.received).toBe(
        delivery.duplicates + delivery.filtered + delivery.rejected + delivery.mapped,
      );
      expect(delivery.mapped).toBe(delivery.accepted + delivery.failed);
    }
  });

  it('changes nothing for a delivery that is not the open one', () => {
    const ledger = deliver(fresh, 'r1');
    expect(closeDelivery(ledger, 'delivery of r1', { state: 'failed', error: 'late' }, nowMs)).toBe(ledger);
    expect(recordBatch(ledger, 'delivery of r1', 'other')).toBe(ledger);
  });

  it('lets the first batch recorded win', () => {
    const ledger = recordBatch(open(fresh, 'r1'), 'delivery of r1', 'b1');
    expect(recordBatch(ledger, 'delivery of r1', 'b2')).toBe(ledger);
  });

  it('claims no content for an active batch whose counts are wrong, so that the next run replaces it', () => {
    const id = 'delivery of r1';
    const ledger = closeDelivery(
      recordBatch(open(fresh, 'r1'), id, 'b1'),
      id,
      { state: 'failed', active: true, error: 'e', accepted: 0, failed: 0 },
      nowMs,
    );
    expect(ledger).toMatchObject({ activeBatch: 'b1', activeContentHash: null });
    const same = manifestOf('r2', 10, 'content of r1');
    expect(decide(ledger, same, messageOf('r2'), target)).toEqual({ kind: 'open', replaces: ['b1'] });
  });

  it('keeps the last fifty deliveries', () => {
    let ledger: Ledger = fresh;
    for (let run = 0; run < 60; run += 1) ledger = deliver(ledger, `r${String(run).padStart(2, '0')}`);
    expect(ledger.deliveries).toHaveLength(50);
    expect(ledger.deliveries[0]?.run).toBe('r59');
  });
});
