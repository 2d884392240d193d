import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { eventTimeMs } from '../../../functions/shared/event-time.ts';
import type { MixpanelEvent } from '../../../functions/shared/mixpanel/event.ts';
import { connectorId, lineDigest, recordKey } from '../../../functions/shared/record-identity.ts';
import fc from '../../support/seeded-fast-check.ts';

const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');
const unused = () => {
  throw new Error('the digest is not needed');
};
const event = (properties: Record<string, unknown>, name = 'Signed up'): MixpanelEvent => ({
  event: name,
  properties,
});

describe('the identity of a record', () => {
  it('is the hash of name, insert id, time and distinct id', () => {
    const signedUp = event({ time: 1602611311, $insert_id: 'hpuD', distinct_id: 'user-1', plan: 'pro' });
    expect(recordKey(signedUp, unused)).toBe('[1,"Signed up","hpuD",1602611311000,"user-1"]');
    expect(connectorId(signedUp, Buffer.from('…'))).toBe(
      sha256('[1,"Signed up","hpuD",1602611311000,"user-1"]').slice(0, 32),
    );
  });

  it('writes any name, id and time as JSON.stringify does', () => {
    const id = fc.oneof(fc.string({ minLength: 1, unit: 'binary' }), fc.maxSafeInteger());
    const distinct = fc.oneof(fc.string({ unit: 'grapheme' }), fc.double({ noNaN: true }), fc.jsonValue());
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        id,
        fc.integer({ min: 2e10, max: 2e12 }),
        distinct,
        (name, insertId, time, distinctId) => {
          const key = recordKey(event({ $insert_id: insertId, time, distinct_id: distinctId }, name), unused);
          expect(key).toBe(JSON.stringify([1, name, insertId, eventTimeMs(time), distinctId ?? null]));
        },
      ),
    );
  });

  it('uses the distinct id as it was sent, where Mixpanel kept it', () => {
    const before = event({ time: 1, $insert_id: 'a', distinct_id: '$device:1' });
    const merged = event({
      time: 1,
      $insert_id: 'a',
      distinct_id: 'user',
      $distinct_id_before_identity: '$device:1',
    });
    expect(recordKey(merged, unused)).toBe(recordKey(before, unused));
  });

  it('says null for a missing time and a missing distinct id, and keeps an empty one', () => {
    expect(recordKey(event({ $insert_id: 'a' }), unused)).toBe('[1,"Signed up","a",null,null]');
    expect(recordKey(event({ $insert_id: 'a', distinct_id: '' }), unused)).toBe(
      '[1,"Signed up","a",null,""]',
    );
  });

  it('is the same for seconds, milliseconds and their texts', () => {
    const keys = [1602611311, 1602611311000, '1602611311', '2020-10-13T17:48:31Z'].map((time) =>
      recordKey(event({ $insert_id: 'a', time }), unused),
    );
    expect(new Set(keys).size).toBe(1);
  });

  it.each([undefined, null, '', true, {}, ['a'], 2 ** 53, 1.5])(
    'takes the whole line where $insert_id is %j',
    (insertId) => {
      const line = Buffer.from('{"event":"Signed up"}');
      const known = event({ $insert_id: insertId, time: 1 });
      expect(recordKey(known, () => lineDigest(line))).toBe(`[1,"${sha256(line)}"]`);
      expect(connectorId(known, line)).toBe(sha256(`[1,"${sha256(line)}"]`).slice(0, 32));
    },
  );

  it('takes the whole line where the distinct id is nested deeper than any reader writes', () => {
    const nested = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
    const known = (depth: number) => event({ $insert_id: 'a', time: 1, distinct_id: nested(depth) });
    expect(recordKey(known(100), unused)).toBe(`[1,"Signed up","a",1000,${JSON.stringify(nested(100))}]`);
    for (const depth of [101, 100_000]) expect(recordKey(known(depth), () => 'digest')).toBe('[1,"digest"]');
  });
});
