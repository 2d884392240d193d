import type { Rule } from '../../functions/shared/mapping/index.ts';
import type { Expression } from '../../functions/shared/mapping/language/expression.ts';

/** What a rule gives, as far as its text tells. */
export type ResultType =
  | 'string'
  | 'integer'
  | 'long'
  | 'number'
  | 'boolean'
  | 'date-time'
  /** Text values under names that come from the events. */
  | 'map'
  /** A list of texts. */
  | 'list';

/** Results of functions, where they are not texts. */
const functionResults: Readonly<Record<string, ResultType>> = {
  ...all('integer', 'to_integer', 'size_of', 'instr', 'date_part'),
  ...all('long', 'to_bigint', 'timestamp'),
  ...all('number', 'to_decimal', 'to_float'),
  ...all('boolean', 'is_empty', 'contains_key', 'is_set', 'map_has_keys', 'matches_regex'),
  ...all('date-time', 'now', 'date', 'set_date_part', 'make_date_time', 'make_timestamp'),
  ...all('date-time', 'zone_date_to_utc', 'zone_date_to_zone'),
  ...all('map', 'mixpanel_other_properties', 'to_object', 'to_map', 'str_to_object', 'json_to_object'),
  ...all('map', 'add_to_map', 'object_to_map', 'array_to_map'),
  ...all('list', 'to_array', 'add_to_array', 'join_arrays', 'split', 'explode', 'get_keys'),
  ...all('list', 'filterArray', 'transformArray', 'flattenArray'),
};

/** Mixpanel's own properties that are no texts, without their `$` (types as Adobe's own Mixpanel source has them). */
const propertyTypes: Readonly<Record<string, ResultType>> = {
  time: 'long',
  mp_api_timestamp_ms: 'long',
  mp_processing_time_ms: 'long',
  import: 'boolean',
};

/**
 * The type that a field for a rule's result has to have. A text takes the result of any rule whose type nobody can
 * tell beforehand: Mixpanel's properties have no types.
 */
export function resultType({ source, destination }: Rule): ResultType {
  if (source.kind === 'static') return 'string';
  if (source.kind === 'expression') return typeOf(source.expression) ?? 'string';
  const { path } = source;
  const hasList = path.some(({ kind }) => kind === 'each');
  // Element by element into a list's elements, or all of them into one field.
  if (hasList && !destination.some(({ kind }) => kind === 'each')) return 'list';
  const [root, property] = path;
  if (path.length !== 2 || root?.kind !== 'key' || property?.kind !== 'key') return 'string';
  if (root.name !== 'properties' && root.name !== 'data') return 'string';
  return lookUp(propertyTypes, property.name.replace(/^\$/, '')) ?? 'string';
}

/** The one type that takes the results of both. */
export function commonType(one: ResultType, other: ResultType): ResultType {
  if (one === other) return one;
  const isNumeric = isNumber(one) && isNumber(other);
  if (!isNumeric) return 'string';
  return one === 'number' || other === 'number' ? 'number' : 'long';
}

/** Undefined for what gives null alone. */
function typeOf(expression: Expression): ResultType | undefined {
  switch (expression.kind) {
    case 'literal':
      return literalType(expression.value);
    case 'call':
      return callType(expression.name, expression.args);
    case 'unary':
      return unaryType(expression.operator);
    case 'binary':
      return binaryType(expression.operator, expression.left, expression.right);
    case 'choice':
      return common([expression.yes, expression.no]);
    case 'array':
    case 'set':
      return 'list';
    case 'map':
      return 'map';
    default:
      return 'string';
  }
}

function literalType(value: unknown): ResultType | undefined {
  if (value === null) return undefined;
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number' || typeof value === 'bigint') return 'long';
  return typeof value === 'object' ? 'number' : 'string';
}

function callType(name: string, args: readonly Expression[]): ResultType | undefined {
  switch (name) {
    case 'iif':
      return common(args.slice(1));
    case 'coalesce':
    case 'first':
    case 'last':
    case 'min':
    case 'max':
      return common(args);
    case 'decode':
      // Value, then keys and results in turn, then the default.
      return common(args.filter((_, index) => index > 0 && (index % 2 === 0 || index === args.length - 1)));
    case 'nullify':
      return undefined;
    default:
      return lookUp(functionResults, name) ?? 'string';
  }
}

function unaryType(operator: string): ResultType {
  if (operator === '!' || operator === 'empty') return 'boolean';
  return operator === 'size' ? 'integer' : 'number';
}

function binaryType(operator: string, left: Expression, right: Expression): ResultType | undefined {
  switch (operator) {
    case '??':
    case '?:':
      return common([left, right]);
    case '+': {
      // It also joins texts.
      const sum = common([left, right]);
      return sum !== undefined && isNumber(sum) ? 'number' : 'string';
    }
    case '-':
    case '*':
    case '/':
    case '%':
    case '|':
    case '&':
    case '^':
      return 'number';
    case '..':
      return 'list';
    default:
      return 'boolean';
  }
}

function common(expressions: readonly Expression[]): ResultType | undefined {
  const types = expressions.map(typeOf).filter((type) => type !== undefined);
  return types.length === 0 ? undefined : types.reduce(commonType);
}

function isNumber(type: ResultType): boolean {
  return type === 'integer' || type === 'long' || type === 'number';
}

function lookUp(table: Readonly<Record<string, ResultType>>, name: string): ResultType | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function all(type: ResultType, ...names: readonly string[]): Record<string, ResultType> {
  return Object.fromEntries(names.map((name) => [name, type]));
}
