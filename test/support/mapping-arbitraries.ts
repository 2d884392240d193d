import { specialForms } from '../../functions/shared/mapping/check-names.ts';
import { allFunctions } from '../../functions/shared/mapping/functions/index.ts';
import { methods } from '../../functions/shared/mapping/methods.ts';
import fc from './seeded-fast-check.ts';

/** Names and values of properties, for a mapping set that reads these names. */
export function eventArbitraries(readNames: readonly string[]) {
  // Names that rules read, names that objects inherit, and any others.
  const names = fc.oneof(
    fc.constantFrom(...readNames),
    fc.constantFrom(
      '__proto__',
      'constructor',
      'toString',
      '',
      '$',
      'mixpanel_',
      'custom_',
      '$mixpanel_a',
      'mixpanel_a',
    ),
    fc.string({ unit: 'binary' }),
  );
  const values = fc.oneof(fc.jsonValue(), fc.constantFrom('', '0', 'null', 'US', 1e21, -0, 0.1, true));
  const propertyBags = fc.array(fc.tuple(names, values), { maxLength: 20 }).map((entries) => {
    const text = entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',');
    const properties: Record<string, unknown> = JSON.parse(`{${text}}`);
    return properties;
  });
  return { names, values, propertyBags };
}

/** Texts that look like expressions: pieces of the language in any order. */
export const expressionPieces = fc.oneof(
  fc.constantFrom(...allFunctions({ clock: () => 0, uuid: () => 'u' }).keys()).map((name) => `${name}(`),
  fc.constantFrom(...methods.keys()).map((name) => `.${name}(`),
  fc.constantFrom(
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    ',',
    '.',
    '?',
    ':',
    '?:',
    '??',
    '->',
    '==',
    '=~',
    '..',
    '!',
    '-',
    '+',
    '/',
  ),
  fc.constantFrom(
    'a',
    'a.b',
    'list',
    'null',
    'true',
    '1',
    '2.5',
    '"x"',
    "'\\d+'",
    `$\{a b}`,
    'and',
    'not ',
    'size ',
    'x -> x',
  ),
);

const functionSpecs: readonly (readonly [string, { min: number; max: number }])[] = [
  ...allFunctions({ clock: () => 0, uuid: () => 'u' }),
  ...Object.entries(specialForms)
    .filter(([name]) => name !== 'mixpanel_other_properties')
    .map(([name, [min, max]]) => [name, { min, max }] as const),
];

const argumentTexts = fc.constantFrom(
  'null',
  'a',
  'list',
  '1',
  '2.5',
  '"x"',
  '""',
  'o',
  '[a]',
  '{"k": a}',
  'x -> x',
  'now()',
  '"MM"',
  '-1',
);
/** Calls of every function, with as many arguments as it takes. */
export const calls = fc
  .constantFrom(...functionSpecs)
  .chain(([name, { min, max }]) =>
    fc
      .array(argumentTexts, { minLength: min, maxLength: Math.min(max, min + 3) })
      .map((args) => `${name}(${args.join(', ')})`),
  );
