import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventTypeDocs } from '../../bin/preview/event-type-docs.ts';
import { compileMapping, parseMappingSet } from '../../functions/shared/mapping/index.ts';
import { projectRoot } from '../../lib/config.ts';

const page = readFileSync(join(projectRoot, 'docs', 'mapping.md'), 'utf8');
const set = parseMappingSet(readFileSync(join(projectRoot, 'mappings', 'default.json'), 'utf8'), {
  variables: { TENANT: 'acme' },
});
const mapping = compileMapping(set, { requires: 'nothing' });

const typeOf = (event: string) => mapping.map({ event, properties: {} }).output?.eventType;

/** The rows of the page's table. */
const table = page
  .slice(page.indexOf('<!-- event types'), page.indexOf('<!-- end of event types'))
  .split('\n')
  .flatMap((line) => {
    const [, names = '', type] = /^\| (`.*`) \| `([^`]+)` \|$/.exec(line) ?? [];
    if (type === undefined) return [];
    return [...names.matchAll(/`([^`]+)`/g)].map(([, event = '']) => ({ event, type }));
  });

describe('the table of event types', () => {
  it('is what `npm run docs` writes', () => {
    expect(eventTypeDocs(page)).toBe(page);
  });

  it('is written anew where it stands, and nothing else is', () => {
    const outdated = page.replace('| any other | its name |\n', '');
    expect(outdated).not.toBe(page);
    expect(eventTypeDocs(outdated)).toBe(page);
  });

  it('has no place in a page without its marks', () => {
    expect(() => eventTypeDocs('# Mapping\n')).toThrow('no place for event types');
  });

  it.each(table)('says of $event what the default mapping makes of it', ({ event, type }) => {
    expect(typeOf(event)).toBe(type);
  });

  it('leaves out no name that has a type', () => {
    const rule = set.texts.find(({ destination }) => destination === 'eventType')?.source ?? '';
    const texts = [...rule.matchAll(/"([^"]+)"/g)].map(([, text = '']) => text);
    const typed = texts.filter((text) => typeOf(text) !== text);
    expect(table.map(({ event }) => event).toSorted()).toEqual(typed.toSorted());
    expect(typed.length).toBeGreaterThan(20);
    expect(typeOf('Any Other')).toBe('Any Other');
  });
});
