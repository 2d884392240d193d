import { describe, expect, it } from 'vitest';
import type { PlatformRequest } from '../../../../functions/shared/platform/platform-client.ts';
import { createRefusedRows } from '../../../../functions/shared/platform/refused-rows.ts';
import { wireSchema } from '../../../../functions/shared/platform/wire.ts';

const { signal } = new AbortController();

/** What is read from these answers by path; every other path answers 404. */
async function readFrom(answers: Readonly<Record<string, string>>) {
  const asked: string[] = [];
  const client = {
    send: async ({ path }: PlatformRequest) => {
      const name = path.replace('/data/foundation/export/batches/b/', '');
      asked.push(name);
      const text = answers[name];
      return { status: text === undefined ? 404 : 200, headers: {}, text: text ?? '' };
    },
  };
  const rows = await createRefusedRows(client, wireSchema.parse({})).read('b', signal);
  return { asked, rows };
}

const listing = (...names: string[]) => JSON.stringify({ data: names.map((name) => ({ name })) });
const errors = [{ code: 'INGEST-1555-400', message: 'a required field is missing' }];

describe('rows that Platform refused', () => {
  it('come from every file of the list, and without what Platform added', async () => {
    const { asked, rows } = await readFrom({
      'meta?path=row_errors': listing('conversion_errors_0.json', 'conversion_errors_1.json'),
      'meta?path=row_errors%2Fconversion_errors_0.json': `${JSON.stringify({ _id: 'a', n: 1, _errors: errors, _filename: 'x/part-00003-000.json' })}\n`,
      'meta?path=row_errors%2Fconversion_errors_1.json': `${JSON.stringify({ _id: 'b', _errors: [...errors, { code: 2 }] })}\n{"_id":"cut of`,
    });
    expect(rows).toEqual([
      {
        reason: 'INGEST-1555-400: a required field is missing',
        id: 'a',
        file: 'x/part-00003-000.json',
        row: '{"_id":"a","n":1}',
      },
      {
        reason: 'INGEST-1555-400: a required field is missing; 2: no words',
        id: 'b',
        file: undefined,
        row: '{"_id":"b"}',
      },
    ]);
    expect(asked).toHaveLength(3);
  });

  it('come from a failed batch’s own files where there is no list of them, the bad ones only', async () => {
    const { rows } = await readFrom({
      failed: listing('part-00000-b.json', '_SUCCESS'),
      'failed?path=part-00000-b.json': `{"_id":"good"}\n${JSON.stringify({ _id: 'bad', _validationErrors: errors })}\n`,
    });
    expect(rows.map(({ id }) => id)).toEqual(['bad']);
  });

  it.each([
    ['whole', '{"_id":"a\\"b","n":1}', 'a"b'],
    ['cut', '{"x":1,"_id": "a","n":', 'a'],
    ['cut inside its id', '{"x":1,"_id":"a', undefined],
    ['of something else', 'rubbish', undefined],
  ])('show their id even when Platform could not read them: %s', async (_, text, id) => {
    const { rows } = await readFrom({
      'meta?path=row_errors': listing('f'),
      'meta?path=row_errors%2Ff': JSON.stringify({ _corrupt_record: text, _errors: [{ code: '1401' }] }),
    });
    expect(rows).toEqual([{ reason: '1401: no words', id, file: undefined, row: JSON.stringify(text) }]);
  });

  it('are bounded in number, whatever Platform offers', async () => {
    const line = `${JSON.stringify({ _id: 'a', _errors: errors })}\n`;
    const names = Array.from({ length: 100 }, (_, n) => `f${n}`);
    const { asked, rows } = await readFrom({
      'meta?path=row_errors': listing(...names),
      ...Object.fromEntries(names.map((name) => [`meta?path=row_errors%2F${name}`, line.repeat(600)])),
    });
    expect(rows).toHaveLength(10_000);
    expect(asked).toHaveLength(1 + 17);
  });
});
