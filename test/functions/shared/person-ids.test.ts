import { describe, expect, it } from 'vitest';
import { personIds, personProperties } from '../../../functions/shared/person-ids.ts';

const idsOf = (line: string) => personIds(Buffer.from(line));
const lineOf = (properties: object, event = 'e') => JSON.stringify({ event, properties });

describe('the ids of an event', () => {
  it.each(personProperties)('are found in %s, as a text, a number and in a list', (name) => {
    expect(idsOf(lineOf({ [name]: 'anna' }))).toEqual(['anna']);
    expect(idsOf(lineOf({ [name]: 4711 }))).toEqual(['4711']);
    expect(idsOf(lineOf({ [name]: ['a', 'b'] }))).toEqual(['a', 'b']);
  });

  it('are each given once, without the prefix of devices', () => {
    const ids = idsOf(lineOf({ distinct_id: '$device:d1', $device_id: 'd1', $user_id: 'anna' }));
    expect(ids).toEqual(['d1', 'anna']);
  });

  it('include an alias where one is made, and not where somebody calls a property so', () => {
    expect(idsOf(lineOf({ alias: 'bob' }, '$create_alias'))).toEqual(['bob']);
    expect(idsOf(lineOf({ alias: 'bob' }))).toEqual([]);
  });

  it('are whole whatever their letters, escaped or not, and however long as a number', () => {
    expect(idsOf(lineOf({ $user_id: 'Zoë 🐢' }))).toEqual(['Zoë 🐢']);
    expect(idsOf('{"event":"e","properties":{"$user_id":"Zo\\u00eb","x":"ü"}}')).toEqual(['Zoë']);
    expect(idsOf('{"event":"e","properties":{"distinct_id":12345678901234567890}}')).toEqual([
      '12345678901234567890',
    ]);
  });

  it('are none where there is nothing that names anybody', () => {
    expect(idsOf(lineOf({ distinct_id: '', $user_id: null, $device_id: {}, other: 'anna' }))).toEqual([]);
  });
});
