import type { Delivery, Ledger } from '../../functions/shared/ledger.ts';

/** A closed delivery of a hundred records, but for what the test says. */
export function aDelivery(changes: Partial<Delivery> = {}): Delivery {
  return {
    id: '20260309T033105000Z-9a8b7c6d',
    run: '20260309T033000123Z-1f2e3d4c',
    request: '6f1c2c0e-8a1b-4c57-9a55-0d3f7f0f6a11',
    reason: 'schedule',
    startedAt: '2026-03-09T03:31:05.000Z',
    completedAt: '2026-03-09T03:35:00.000Z',
    received: 100,
    duplicates: 4,
    filtered: 3,
    rejected: 2,
    mapped: 91,
    accepted: 91,
    failed: 0,
    batchId: '01M8CHMQ3Y96P5RVTQ2480RTFK',
    replaces: [],
    contentHash: 'a'.repeat(64),
    mappingHash: 'b'.repeat(64),
    datasetId: '65f000000000000000000001',
    ...changes,
  };
}

/** The ledger of a delivered window, but for what the test says. */
export function aLedger(date: string, changes: Partial<Ledger> = {}): Ledger {
  return {
    version: 1,
    source: 'shop',
    date,
    state: 'delivered',
    activeBatch: '01M8CHMQ3Y96P5RVTQ2480RTFK',
    activeContentHash: 'a'.repeat(64),
    mappingHash: 'b'.repeat(64),
    deliveries: [aDelivery()],
    exported: null,
    slicing: null,
    error: null,
    updatedAt: '2026-03-09T03:35:00.000Z',
    ...changes,
  };
}
