import { describe, expect, it } from 'vitest';
import { attribute, expression, mapWith, type RuleJson, wrapped } from './builders.ts';

const customer = {
  customerInfo: {
    name: 'John Smith',
    emails: [
      { email: 'a@example.com', name: 'home', tags: ['x', 'y'] },
      { email: 'b@example.com', name: 'work', tags: ['z'] },
    ],
  },
  address: { 'street.name': 'Main', line1: '345 park ave', city: 'san jose', state: 'CA' },
  'Full.Name': 'Ann Lee',
  'First Name': 'Ann',
  'a[0]': 'brackets',
};

function row(...rules: RuleJson[]): unknown {
  const { output, errors } = mapWith(rules, customer);
  expect(errors).toEqual([]);
  return output;
}

describe('paths', () => {
  it('lead into nested fields on both sides', () => {
    expect(row(attribute('customerInfo.name', 'pi.name'))).toEqual({ pi: { name: 'John Smith' } });
    expect(row(attribute('customerInfo.name', 'name'))).toEqual({ name: 'John Smith' });
    expect(row(attribute('customerInfo.emails[0].email', 'pi.email'))).toEqual({
      pi: { email: 'a@example.com' },
    });
    expect(row(attribute('customerInfo.name', 'piList[0]'))).toEqual({ piList: ['John Smith'] });
  });

  it('copy whole lists and objects', () => {
    expect(row(attribute('customerInfo.emails', 'pi.emailList'))).toEqual({
      pi: { emailList: customer.customerInfo.emails },
    });
  });

  it('go through every element of a list, each to its own place', () => {
    expect(row(attribute('customerInfo.emails[*].name', 'pi[*].names'))).toEqual({
      pi: [{ names: 'home' }, { names: 'work' }],
    });
    expect(row(attribute('customerInfo.emails[*].name', 'names'))).toEqual({ names: ['home', 'work'] });
    expect(row(attribute('customerInfo.emails[*].tags[*]', 'pi[*].labels[*].value'))).toEqual({
      pi: [{ labels: [{ value: 'x' }, { value: 'y' }] }, { labels: [{ value: 'z' }] }],
    });
  });

  it('bring the fields of list elements together again', () => {
    expect(
      row(
        attribute('customerInfo.emails[*].name', 'pi[*].kind'),
        { sourceType: 'STATIC', source: 'email', destination: 'pi[*].type' },
        attribute('customerInfo.emails[*].email', 'pi[*].address'),
        expression('"first"', 'pi[0].rank'),
      ),
    ).toEqual({
      pi: [
        { kind: 'home', type: 'email', address: 'a@example.com', rank: 'first' },
        { kind: 'work', type: 'email', address: 'b@example.com' },
      ],
    });
  });

  it('take keys with odd characters escaped, wrapped or as they are', () => {
    expect(row(attribute('address.street\\.name', 'x'))).toEqual({ x: 'Main' });
    expect(row(expression(`${wrapped('address.street\\.name')}`, 'x'))).toEqual({ x: 'Main' });
    expect(row(expression(`address.${wrapped('street\\.name')}`, 'x'))).toEqual({ x: 'Main' });
    expect(row(attribute('Full.Name', 'x'))).toEqual({ x: 'Ann Lee' });
    expect(row(expression(`${wrapped('Full\\.Name')}`, 'x'))).toEqual({ x: 'Ann Lee' });
    expect(row(attribute('First Name', 'x'))).toEqual({ x: 'Ann' });
    expect(row(expression(`lower(${wrapped('First Name')})`, 'x'))).toEqual({ x: 'ann' });
    expect(row(attribute(`${wrapped('a\\[0\\]')}`, 'x'))).toEqual({ x: 'brackets' });
    expect(row(attribute('First Name', `${wrapped('odd key')}.a\\.b`))).toEqual({
      'odd key': { 'a.b': 'Ann' },
    });
  });

  it('let specific rules win over the copy of an object', () => {
    expect(row(attribute('address', 'addr'), attribute('address.line1', 'addr.addrLine1'))).toEqual({
      addr: { 'street.name': 'Main', city: 'san jose', state: 'CA', addrLine1: '345 park ave' },
    });
    expect(
      row(
        attribute('customerInfo.emails[*]', 'pi[*]'),
        attribute('customerInfo.emails[*].email', 'pi[*].address'),
        attribute('customerInfo.emails[*].name', 'pi[*].name'),
      ),
    ).toEqual({
      pi: [
        { address: 'a@example.com', name: 'home', tags: ['x', 'y'] },
        { address: 'b@example.com', name: 'work', tags: ['z'] },
      ],
    });
    expect(row(expression('"x"', 'addr.city'), attribute('address', 'addr'))).toMatchObject({
      addr: { city: 'x' },
    });
  });

  it('let the later of two rules for one field win, unless it has nothing', () => {
    expect(row(expression('1', 'a.b'), expression('2', 'a.b'))).toEqual({ a: { b: 2 } });
    expect(row(expression('1', 'a.b'), expression('null', 'a.b'))).toEqual({ a: { b: 1 } });
  });

  it('write maps below their keys', () => {
    expect(
      row(expression('"u1"', 'identityMap.Email[0].id'), expression('true', 'identityMap.Email[0].primary')),
    ).toEqual({ identityMap: { Email: [{ id: 'u1', primary: true }] } });
  });

  it('write nothing for what is missing', () => {
    expect(row(attribute('nowhere.at.all', 'a.b.c'), attribute('customerInfo.name.first', 'd'))).toEqual({});
  });

  it('treat the names of every object as plain keys', () => {
    const record = JSON.parse(
      '{"__proto__":{"polluted":"own"},"constructor":"Ferrari","properties":{"toString":7}}',
    );
    const rules = [
      attribute('__proto__.polluted', 'a'),
      attribute('constructor', 'b'),
      attribute('properties.toString', 'c'),
      attribute('properties.hasOwnProperty', 'd'),
      expression('"set"', '__proto__.e'),
      expression('to_object("__proto__", 1)', 'f'),
    ];
    const { text } = mapWith(rules, record);
    expect(text).toBe('{"a":"own","b":"Ferrari","c":7,"__proto__":{"e":"set"},"f":{"__proto__":1}}');
    expect(Object.hasOwn(Object.prototype, 'polluted') || Object.hasOwn(Object.prototype, 'e')).toBe(false);
    expect(mapWith(rules, {}).text).toBe('{"__proto__":{"e":"set"},"f":{"__proto__":1}}');
  });
});
