import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { forgetRecordSchema } from '../../../bin/forget/forget-record.ts';
import { slicePlanSchema } from '../../../functions/export-window/slices/plan-slices.ts';
import {
  sliceCheckpointSchema,
  slicedRunSchema,
} from '../../../functions/export-window/slices/sliced-run.ts';
import { uploadSizesSchema } from '../../../functions/load-window/batch-size.ts';
import {
  uploadCheckpointSchema,
  uploadProgressSchema,
} from '../../../functions/load-window/upload-checkpoint.ts';
import { backfillSchema } from '../../../functions/shared/backfill.ts';
import { deliveryBudgetSchema } from '../../../functions/shared/delivery-budget.ts';
import { ConfigError, RetryableError } from '../../../functions/shared/errors.ts';
import { forgottenSchema } from '../../../functions/shared/forgotten.ts';
import { ledgerSchema } from '../../../functions/shared/ledger.ts';
import { createLedgerStore } from '../../../functions/shared/ledger-store.ts';
import { manifestSchema } from '../../../functions/shared/manifest.ts';
import { loadMessageSchema, parseWindowMessage } from '../../../functions/shared/messages.ts';
import { ledgerKey } from '../../../functions/shared/object-keys.ts';
import { parseJsonWith, parseWith } from '../../../functions/shared/parse.ts';
import { propertyReportSchema } from '../../../functions/shared/property-report.ts';
import { queryBudgetSchema } from '../../../functions/shared/query-budget.ts';
import { sourceWatchSchema } from '../../../functions/shared/source-watch.ts';
import { storedTimestampDecisionSchema } from '../../../functions/shared/timestamp-decision.ts';
import { createMemoryObjectStore } from '../../support/memory-object-store.ts';

const stored = z.record(z.string(), z.unknown());
const recorded = (file: string) =>
  readFileSync(new URL(`../../fixtures/formats/${file}`, import.meta.url), 'utf8');
/** As release 0.1.0 stores and sends them. These files are never edited: later forms are added beside them. */
const objects = z.record(z.string(), stored).parse(JSON.parse(recorded('objects.json')));
const messages = z
  .object({ window: z.array(stored), load: z.array(stored) })
  .parse(JSON.parse(recorded('messages.json')));
const recording = (name: string) => stored.parse(objects[name]);

/** What is changed in place, and so read and written by two releases in turn during a deploy. */
const changed: Record<string, z.ZodType> = {
  ledger: ledgerSchema,
  'query-budget': queryBudgetSchema,
  'delivery-budget': deliveryBudgetSchema,
  watch: sourceWatchSchema,
  backfill: backfillSchema,
  forgotten: forgottenSchema,
  'forget-record': forgetRecordSchema,
  'sliced-run': slicedRunSchema,
  'upload-sizes': uploadSizesSchema,
};
/** What is written once, or anew as a whole. */
const written: Record<string, z.ZodType> = {
  manifest: manifestSchema,
  'property-report': propertyReportSchema,
  timestamps: storedTimestampDecisionSchema,
  'upload-checkpoint': uploadCheckpointSchema,
  'upload-progress': uploadProgressSchema,
  'slice-checkpoint': sliceCheckpointSchema,
  'slice-plan': slicePlanSchema,
};
const all = Object.entries({ ...changed, ...written });

function failure(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('it succeeded');
}

describe('a stored object', () => {
  it('of every kind is recorded', () => {
    expect(Object.keys(objects).toSorted()).toEqual(all.map(([name]) => name).toSorted());
  });

  it.each(all)('that an earlier release wrote is understood: %s', (name, schema) => {
    expect(parseWith(schema, recording(name), name)).toMatchObject(recording(name));
  });

  it.each(all)('of a newer release is left alone, and the message tried again: %s', (name, schema) => {
    const error = failure(() => parseWith(schema, { ...recording(name), version: 2 }, `reading the ${name}`));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error).toMatchObject({
      code: 'newer_format',
      message: `reading the ${name}: found version 2, of a newer release; this one knows version 1 and has changed nothing: deploy the newer release again`,
    });
  });

  it.each(all)('of no version known is refused, with what is allowed: %s', (name, schema) => {
    const error = failure(() => parseWith(schema, { ...recording(name), version: 0 }, name));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ problems: ['version: found 0; must be 1'] });
  });

  it.each(Object.entries(changed))('keeps the fields of a later release: %s', (name, schema) => {
    const later = { ...recording(name), later: { since: 'version 0.2.0' } };
    expect(parseWith(schema, later, name)).toMatchObject(later);
  });

  it.each([
    ['ledger', 'slicing', ledgerSchema, null],
    ['query-budget', 'pauseMs', queryBudgetSchema, 0],
    ['upload-checkpoint', 'bytes', uploadCheckpointSchema, 0],
    ['upload-checkpoint', 'properties', uploadCheckpointSchema, undefined],
  ])('from before there was a field gets its default: %s, %s', (name, field, schema: z.ZodType, value) => {
    const { [field]: _, ...before } = recording(name);
    expect(stored.parse(parseWith(schema, before, name))[field]).toBe(value);
  });
});

describe('a ledger, during a deploy', () => {
  const window = { source: 'demo', date: '2026-11-25' };
  const key = ledgerKey(window);

  it('keeps what a newer release noted in it and in its deliveries when an older one changes it', async () => {
    const store = createMemoryObjectStore();
    const [delivery] = z.array(stored).parse(recording('ledger').deliveries);
    const newer = { ...recording('ledger'), later: 1, deliveries: [{ ...delivery, laterToo: [2] }] };
    await store.put(key, JSON.stringify(newer));
    await createLedgerStore(store, Date.now).update(window, (ledger) => ({ ...ledger, state: 'failed' }));
    expect(JSON.parse((await store.getText(key))?.text ?? '')).toMatchObject({
      ...newer,
      state: 'failed',
      updatedAt: expect.any(String),
    });
  });

  it('of a newer version is never written over', async () => {
    const store = createMemoryObjectStore();
    const text = JSON.stringify({ version: 2, windows: 'in another form' });
    await store.put(key, text);
    const update = createLedgerStore(store, Date.now).update(window, (ledger) => ({
      ...ledger,
      state: 'failed',
    }));
    await expect(update).rejects.toMatchObject({ code: 'newer_format', retryable: true });
    expect((await store.getText(key))?.text).toBe(text);
  });
});

describe('a message in flight during a deploy', () => {
  const read = {
    window: parseWindowMessage,
    load: (body: string) => parseJsonWith(loadMessageSchema, body, 'reading a load message'),
  };
  const inFlight = (['window', 'load'] as const).flatMap((queue) =>
    messages[queue].map((message) => ({ queue, message, body: JSON.stringify(message) })),
  );
  const ours = inFlight.filter(({ message }) => 'version' in message);

  it('of every kind is recorded', () => {
    const kinds = ours.map(({ message }) => message.type);
    const known = loadMessageSchema.options.map((option) => option.shape.type.value);
    expect(new Set(kinds)).toEqual(new Set(['slice', ...known]));
  });

  it.each(inFlight)('from an earlier release is understood: $body', ({ queue, message, body }) => {
    expect(read[queue](body)).toEqual(message);
  });

  it.each(ours)(
    'is understood by an older release, which hands on what it does not know: $body',
    ({ queue, message }) => {
      const later = { ...message, later: 'of a newer release' };
      expect(read[queue](JSON.stringify(later))).toEqual(later);
    },
  );

  it.each(ours)(
    'of a newer version goes back to its queue, for the release that knows it: $body',
    ({ queue, message }) => {
      const error = failure(() => read[queue](JSON.stringify({ ...message, version: 2 })));
      expect(error).toMatchObject({ code: 'newer_format', retryable: true });
    },
  );
});
