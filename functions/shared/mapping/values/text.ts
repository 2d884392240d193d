import { MappingError } from './mapping-error.ts';
import { Real } from './real.ts';
import { boundText, isList, isObjectValue, type Value } from './value.ts';
import { ZonedDate } from './zoned-date.ts';

/** From here on Java writes a double with an exponent. */
const plainRealLimit = 1e7;

/** A value's text, as concatenation shows it. Null stays null: the caller decides what that means. */
export function textOf(value: Value): string | null {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return null;
  switch (typeof value) {
    case 'number':
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'function':
      throw new MappingError('a lambda has no text');
  }
  if (value instanceof Real) return realText(value.value);
  if (value instanceof ZonedDate) return value.toString();
  return jsonText(value);
}

/** A floating-point number keeps its ".0", and takes an exponent from ten million on. */
function realText(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  if (Math.abs(value) < plainRealLimit) return `${value}.0`;
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${exponent.replace('+', '')}`;
}

/** A value as JSON text, whole: nulls and empty values stay. */
export function jsonText(value: Value): string {
  return boundText(writeJson(value, 0));
}

/** Mixpanel nests three levels deep; the bound keeps the recursion harmless for any other record. */
const maxDepth = 100;

function writeJson(value: Value, depth: number): string {
  if (depth > maxDepth) throw new MappingError(`nested deeper than ${maxDepth} levels`);
  if (value === null || value === undefined || typeof value === 'function') return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Real) return JSON.stringify(value.value);
  if (value instanceof ZonedDate) return JSON.stringify(value.toString());
  if (isList(value)) return `[${value.map((item) => writeJson(item, depth + 1)).join(',')}]`;
  if (isObjectValue(value)) {
    const members = Object.entries(value).map(
      ([name, child]) => `${JSON.stringify(name)}:${writeJson(child, depth + 1)}`,
    );
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value);
}
