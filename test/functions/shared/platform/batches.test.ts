import { describe, expect, it } from 'vitest';
import { createBatches } from '../../../../functions/shared/platform/batches.ts';
import type { PlatformClient } from '../../../../functions/shared/platform/platform-client.ts';
import { wireSchema } from '../../../../functions/shared/platform/wire.ts';

/** Batches of a Catalog that gives this answer, and the paths that it was asked for. */
function batchesOf(answer: unknown) {
  const asked: string[] = [];
  const client: PlatformClient = {
    async send({ path }) {
      asked.push(path);
      return { status: 200, headers: {}, text: JSON.stringify(answer) };
    },
  };
  return { batches: createBatches(client, wireSchema.parse(undefined)), asked };
}

const id = '01E8043CY305K2MTV5ANH9G1GC';
const active = { status: 'success', metrics: { outputRecordCount: 3 } };

describe('a batch in Catalog', () => {
  it.each([
    ['by its id', { [id]: active }],
    ['in a list', [{ id, ...active }]],
    ['alone', { id, ...active }],
  ])('is found where it comes %s', async (_, answer) => {
    const { batches } = batchesOf(answer);
    expect(await batches.get(id)).toMatchObject({ id, phase: 'active', accepted: 3, failed: 0, errors: [] });
  });

  it.each([[{}], [[]]])('is not found in %j', async (answer) => {
    expect(await batchesOf(answer).batches.get(id)).toBeUndefined();
  });

  it.each([
    [{ metrics: null }, { accepted: undefined, failed: 0 }],
    [{ metrics: { outputRecordCount: null, failedRecordCount: null } }, { accepted: undefined, failed: 0 }],
    [{ metrics: { outputRecordCount: '4', failedRecordCount: '1' } }, { accepted: 4, failed: 1 }],
    [{ metrics: { outputRecordSize: 4 } }, { accepted: 4, failed: 0 }],
    [
      { metrics: {}, recordCount: 4, failedRecordCount: 2 },
      { accepted: 4, failed: 2 },
    ],
  ])('with %j has its counts, as far as Catalog names them', async (fields, counts) => {
    const { batches } = batchesOf({ [id]: { status: 'active', errors: null, ...fields } });
    expect(await batches.get(id)).toMatchObject(counts);
  });

  it('that failed has its errors, whether their codes are numbers or words', async () => {
    const errors = [{ code: 106, description: 'empty file' }, { code: 'INGEST-1211-400' }];
    const { batches } = batchesOf({ [id]: { status: 'failure', errors } });
    expect(await batches.get(id)).toMatchObject({
      phase: 'failed',
      errors: ['106: empty file', 'INGEST-1211-400:'],
    });
  });

  it('is found again by the name that it was given alone, also where Catalog lists others', async () => {
    const { batches, asked } = batchesOf({
      a: { ...active, externalId: 'mine' },
      b: { ...active, externalId: 'other' },
      c: { ...active, externalId: null },
    });
    expect((await batches.findByExternalId('d', 'mine')).map((batch) => batch.id)).toEqual(['a']);
    // Adobe documents one order of a list, newest first: who asks for another may be refused.
    expect(asked[0]).not.toContain('orderBy');
  });
});
