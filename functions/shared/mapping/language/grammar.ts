import type { BinaryOperator, UnaryOperator } from './expression.ts';

/** A binary operator's level and its one name. */
export type Binding = readonly [level: number, operator: BinaryOperator];

/** Words are other spellings of the symbols. Levels 7 and 8 don't associate: `1 == 1 == true` is refused. */
export const bindings: ReadonlyMap<string, Binding> = new Map<string, Binding>(
  Object.entries({
    '||': [2, '||'],
    or: [2, '||'],
    '&&': [3, '&&'],
    and: [3, '&&'],
    '|': [4, '|'],
    '^': [5, '^'],
    '&': [6, '&'],
    '==': [7, '=='],
    eq: [7, '=='],
    '!=': [7, '!='],
    ne: [7, '!='],
    '..': [7, '..'],
    '<': [8, '<'],
    lt: [8, '<'],
    '>': [8, '>'],
    gt: [8, '>'],
    '<=': [8, '<='],
    le: [8, '<='],
    '>=': [8, '>='],
    ge: [8, '>='],
    '=~': [8, '=~'],
    '!~': [8, '!~'],
    '=^': [8, '=^'],
    '!^': [8, '!^'],
    '=$': [8, '=$'],
    '!$': [8, '!$'],
    '+': [9, '+'],
    '-': [9, '-'],
    '*': [10, '*'],
    '/': [10, '/'],
    div: [10, '/'],
    '%': [10, '%'],
    mod: [10, '%'],
  } satisfies Record<string, Binding>),
);
export const choiceLevel = 1;
export const unaryLevel = 11;
export const unaryOperators = new Map<string, UnaryOperator>([
  ['-', '-'],
  ['+', '+'],
  ['~', '~'],
  ['!', '!'],
  ['not', '!'],
  ['empty', 'empty'],
  ['size', 'size'],
]);
/** Words of the language's statements, which a rule can't have. */
export const statements = new Set([
  ...['new', 'var', 'let', 'const', 'if', 'else', 'for', 'while', 'do', 'function', 'return', 'break'],
  'continue',
]);
