import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { specialForms } from '../../../../functions/shared/mapping/check-names.ts';
import { allFunctions } from '../../../../functions/shared/mapping/functions/index.ts';
import { compileMapping, parseMappingSet } from '../../../../functions/shared/mapping/index.ts';
import { methods } from '../../../../functions/shared/mapping/methods.ts';
import { evaluate, expression, mapWith } from './builders.ts';

const page = readFileSync(new URL('../../../../docs/mapping.md', import.meta.url), 'utf8');
const defaultMapping = readFileSync(new URL('../../../../mappings/default.json', import.meta.url), 'utf8');
const { texts: defaultTexts } = parseMappingSet(defaultMapping, { variables: { TENANT: 'acme' } });

interface Row {
  readonly functions: readonly string[];
  readonly example: string;
  readonly gives: string;
}

/** The rows of the tables of functions: names, what they do, an example, what it gives. */
const rows: readonly Row[] = page.split('\n').flatMap((line) => {
  const cells = line.split(' | ').map((cell) => cell.replaceAll(/^\| | \|$/g, '').trim());
  const [names = '', , example = '', gives = ''] = cells;
  const functions = [...names.matchAll(/`([a-zA-Z_0-9]+)`/g)].flatMap(([, name]) => name ?? []);
  const isExample = cells.length === 4 && /^`.*`$/.test(example) && /^`.*`$/.test(gives);
  return isExample ? [{ functions, example: example.slice(1, -1), gives: gives.slice(1, -1) }] : [];
});

/** The text between two places of the page. */
function between(start: string, end: string): string {
  const from = page.indexOf(start);
  return page.slice(from, page.indexOf(end, from));
}

const recipes = between('## Recipes', '## Differences').split('\n').slice(4);

/** Each name of a row in the place of the one that its example uses. */
const examples = rows.flatMap(({ functions, example, gives }) => {
  const used = functions.find((name) => example.includes(`${name}(`)) ?? '';
  return functions.map((name) => ({ name, example: example.replace(`${used}(`, `${name}(`), gives }));
});

describe('the page on mappings', () => {
  it.each(examples)('$example', ({ name, example, gives }) => {
    expect(example).toContain(`${name}(`);
    expect(evaluate(example)).toEqual({ value: JSON.parse(gives) });
  });

  it('has recipes that are mapping sets', () => {
    const rules = recipes.flatMap((line) => {
      const [, rule = ''] = line.split(' | ');
      const [source, destination = 'x'] = [...rule.matchAll(/`([^`]+)`/g)].map(([, text]) => text ?? '');
      if (source === undefined) return [];
      const sourceType = source.includes('[*]') ? 'ATTRIBUTE' : 'EXPRESSION';
      return [{ sourceType, source, destination }];
    });
    expect(rules).toHaveLength(7);
    const set = parseMappingSet(JSON.stringify(rules), { variables: { TENANT: 'acme' } });
    const record = {
      event: 'Sign Up',
      properties: { crm_id: 'c1', ordered_at: 1571829875, items: [{ sku: 's' }] },
    };
    expect(compileMapping(set, { requires: 'nothing' }).map(record)).toMatchObject({
      errors: [],
      output: {
        eventType: 'web.formFilledOut',
        identityMap: { CRMID: [{ id: 'c1', primary: false }] },
        productListItems: [{ SKU: 's' }],
      },
    });
  });

  it('has a recipe for event types that leaves the types of the default mapping as they are', () => {
    const recipe = recipes.find((line) => line.includes('→ `eventType`')) ?? '';
    const [source = '', destination = ''] = [...recipe.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? '');
    const set = [...defaultTexts, { source, destination }].filter((rule) => rule.destination === 'eventType');
    expect(set).toHaveLength(2);
    const rules = set.map((rule) => expression(rule.source, rule.destination));
    const types = ['Page Viewed', 'Order Completed', 'Sign Up', 'Sale', 'Anything Else'].map(
      (event) => mapWith(rules, { event }).output,
    );
    expect(types).toEqual([
      { eventType: 'web.webpagedetails.pageViews' },
      { eventType: 'commerce.purchases' },
      { eventType: 'web.formFilledOut' },
      { eventType: 'commerce.purchases' },
      { eventType: 'Anything Else' },
    ]);
  });

  it('describes every function and method that there is', () => {
    const all = [...allFunctions({ clock: () => 0, uuid: () => '' }).keys(), ...Object.keys(specialForms)];
    const described = new Set(rows.flatMap((row) => row.functions));
    expect(all.filter((name) => !described.has(name))).toEqual([]);
    expect([...described].filter((name) => !all.includes(name))).toEqual([]);
    expect([...methods.keys()].filter((name) => !new RegExp(`[\`\\s]${name}[\`\\s]`).test(page))).toEqual([]);
  });
});
