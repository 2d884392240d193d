import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../../functions/shared/errors.ts';
import { usableId } from '../../../../functions/shared/mapping/functions/mixpanel.ts';
import { compileMapping, parseMappingSet } from '../../../../functions/shared/mapping/index.ts';
import { calls, eventArbitraries, expressionPieces } from '../../../support/mapping-arbitraries.ts';
import fc from '../../../support/seeded-fast-check.ts';
import { attribute, expression, mapWith, wrapped } from './builders.ts';

const defaultText = readFileSync(new URL('../../../../mappings/default.json', import.meta.url), 'utf8');
const mapping = compileMapping(parseMappingSet(defaultText, { variables: { TENANT: 'acme' } }));
const readNames = [...defaultText.matchAll(/properties\.([$\w]+)/g)].flatMap(([, name]) => name ?? []);

const connector = {
  id: 'ab',
  timestamp: '2026-03-08T10:15:00.250Z',
  source: 's',
  projectId: '1',
  date: 'd',
  run: 'r',
};

const { names, propertyBags } = eventArbitraries(readNames);

/** Every value of an object or list and all below it. */
function allValues(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [value];
  return [value, ...Object.values(value).flatMap(allValues)];
}

/** An id that names nobody is left out, see docs/mapping.md. */
function isNobody(name: string, value: unknown): boolean {
  const id = typeof value === 'string' ? value.replace(/^\$device:/, '') : value;
  return (
    ['$user_id', '$device_id', 'distinct_id'].includes(name) &&
    (typeof id === 'string' || typeof id === 'number') &&
    usableId(id) === null
  );
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value ?? {}).length === 0;
}

describe('a compiled mapping', () => {
  it('never throws, whatever JSON value the record is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (record) => {
        const { text, rejected } = mapping.map(record);
        expect(text === undefined).toBe(rejected.length > 0);
      }),
      { numRuns: 300 },
    );
  });

  it('leaves out what is nested too deep to be written, whichever property it is, and keeps the rest', () => {
    const nested = (depth: number) => JSON.parse(`${'['.repeat(depth)}"x"${']'.repeat(depth)}`);
    // A bigint has no place in the fast writer, which would do without the bound.
    const deep = [nested(150), 12345678901234567890n];
    for (const name of new Set([...readNames, 'other'])) {
      for (const value of [deep, nested(20_000)]) {
        const { output, errors } = mapping.map({
          event: 'e',
          properties: { [name]: value, kept: 1 },
          connector,
        });
        expect(output).toMatchObject({ _id: 'ab', eventType: 'e' });
        expect(errors.length).toBeGreaterThan(0);
      }
    }
  });

  it('leaves out a list that gets a level too deep only by being put together, and keeps the rest', () => {
    const nested = JSON.parse(`${'['.repeat(100)}"x"${']'.repeat(100)}`);
    const { output, errors } = mapWith([attribute('a', 'list[0]'), attribute('b', 'kept')], {
      a: nested,
      b: 1,
    });
    expect(output).toEqual({ kept: 1 });
    expect(errors).toMatchObject([{ rule: 0, message: 'nested deeper than 100 levels' }]);
  });

  it('gives a row without null or empty values for any event', () => {
    fc.assert(
      fc.property(fc.string(), propertyBags, (event, properties) => {
        const { text, output } = mapping.map({ event, properties, connector });
        expect(text).toBeDefined();
        expect(allValues(output).filter(isEmpty)).toEqual([]);
        expect(JSON.stringify(output)).toBe(JSON.stringify(JSON.parse(text ?? '')));
      }),
      { numRuns: 500 },
    );
  });

  it('loses no property: each is in its field or in the map of all others', () => {
    fc.assert(
      fc.property(propertyBags, (properties) => {
        const { text = '' } = mapping.map({ event: 'e', properties, connector });
        for (const [name, value] of Object.entries(properties)) {
          if (isNobody(name, value)) continue;
          if (isEmpty(value) || (typeof value === 'object' && value !== null)) continue;
          const id = typeof value === 'string' ? value.replace(/^\$device:/, '') : String(value);
          if (id !== '') expect(text).toContain(JSON.stringify(id).slice(1, -1));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('gives no two properties the same key', () => {
    fc.assert(
      fc.property(fc.uniqueArray(names, { maxLength: 30 }), (list) => {
        const unread = list.filter((name) => !readNames.includes(name));
        const text = `{${unread.map((name) => `${JSON.stringify(name)}:1`).join(',')}}`;
        const { output } = mapping.map({ event: 'e', properties: JSON.parse(text), connector });
        const count = unread.length === 0 ? undefined : unread.length;
        expect(countOf(output)).toBe(count);
      }),
      { numRuns: 300 },
    );
  });

  it('has exactly one primary identity, or no identity map', () => {
    const ids = fc.oneof(
      fc.constantFrom('', 'null', '$device:', '$device:d', 'anon', ' ', '0'),
      fc.string(),
      fc.integer(),
      fc.constant(null),
    );
    fc.assert(
      fc.property(ids, ids, ids, (user, device, distinct) => {
        const properties = { $user_id: user, $device_id: device, distinct_id: distinct };
        const { text = '' } = mapping.map({ event: 'e', properties, connector });
        const { identityMap }: { identityMap?: unknown } = JSON.parse(text);
        if (identityMap === undefined) return;
        expect(JSON.stringify(identityMap).split('"primary":true')).toHaveLength(2);
      }),
      { numRuns: 500 },
    );
  });
});

function countOf(output: unknown): number | undefined {
  const found = allValues(output).find(
    (value) => typeof value === 'object' && value !== null && 'properties' in value,
  );
  if (typeof found !== 'object' || found === null || !('properties' in found)) return undefined;
  return Object.keys(found.properties ?? {}).length;
}

describe('any mapping on any record', () => {
  it('is either refused with reasons, or maps without a failure of its own', () => {
    fc.assert(
      fc.property(fc.array(expressionPieces, { maxLength: 12 }), fc.jsonValue(), (parts, value) => {
        const rules = [expression(parts.join(' '), 'result'), expression(parts.join(''), 'other[*].x')];
        for (const rule of rules) {
          try {
            const { errors } = mapWith([rule], { a: value, list: [value, 1], 'a b': value });
            for (const { message } of errors) expect(message).not.toBe('the expression failed');
          } catch (error) {
            expect(error).toBeInstanceOf(ConfigError);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('is either refused or maps, with calls put together rightly', () => {
    fc.assert(
      fc.property(calls, fc.jsonValue(), (source, value) => {
        const { errors } = mapWith([expression(source, 'result')], {
          a: value,
          list: [value, 1],
          o: { k: value },
        });
        for (const { message } of errors)
          expect(`${source}: ${message}`).not.toContain('the expression failed');
      }),
      { numRuns: 1500 },
    );
  });

  it('reaches nothing of the host', () => {
    const sources = [
      'constructor',
      'a.constructor',
      '"x".constructor',
      'a.__proto__',
      "a['constructor']",
      'process',
      'globalThis',
      'list.length',
      '"x"["length"]',
      'record',
      'c0',
      'root',
      'names',
      '(x -> x).call',
    ];
    for (const source of sources) {
      const { output, errors } = mapWith([expression(source, 'result')], { a: {}, list: [1] });
      expect({ source, output, errors }).toEqual({ source, output: {}, errors: [] });
    }
  });

  it('can not break out of the generated code by names or texts', () => {
    const odd = `"];throw 1;//\`${wrapped('1')}\u2028\u2029\\`;
    const rules = [
      { sourceType: 'STATIC', source: odd, destination: 'a' },
      { sourceType: 'EXPRESSION', source: JSON.stringify(odd).replaceAll('\\\\', '\\\\'), destination: 'b' },
      { sourceType: 'ATTRIBUTE', source: odd.replaceAll(/[\\.[$]/g, '\\$&'), destination: 'c' },
      { sourceType: 'STATIC', source: 'v', destination: odd.replaceAll(/[\\.[$]/g, '\\$&') },
    ];
    const { output, errors } = mapWith(rules, { [odd]: 'read' });
    expect(errors).toEqual([]);
    expect(output).toEqual({ a: odd, b: odd, c: 'read', [odd]: 'v' });
  });

  it('maps with thousands of rules as with a few', () => {
    const rules = Array.from({ length: 3000 }, (_, index) =>
      expression(`concat("v", n + ${index})`, `group${index % 50}.f${index}`),
    );
    const { output, errors } = mapWith(rules, { n: 1 });
    expect(errors).toEqual([]);
    expect(output).toMatchObject({ group0: { f0: 'v1' }, group49: { f2999: 'v3000' } });
  });
});
