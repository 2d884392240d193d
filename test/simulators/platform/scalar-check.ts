import { formatCheck } from './formats.ts';
import { type ProblemCodes, type RowRules, typeName, type ValueCheck } from './row-check.ts';
import type { WireSchema } from './wire-schema.ts';

/** What `convert` gives back for a value of a type that the field cannot take. */
const refused = Symbol('refused');

type Convert = (value: unknown) => unknown;

/** What a scalar's check is made of. */
export interface ScalarContext {
  readonly path: string;
  readonly rules: RowRules;
  readonly codes: ProblemCodes;
}

/** The check of a field that is neither an object nor a list. */
export function compileScalar(schema: WireSchema, context: ScalarContext): ValueCheck {
  const { path, codes } = context;
  const convert = converter(schema, context.rules.conversion);
  const wanted = schema['meta:xdmType'] ?? schema.type ?? 'any';
  const constrain = constraints(schema);
  return (value, report) => {
    const converted = convert(value);
    if (converted === refused) {
      report.add(codes.type, path, `expected type: ${wanted}, found: ${typeName(value)}`);
      return value;
    }
    if (converted !== value) report.changed = true;
    const broken = constrain(converted);
    if (broken !== undefined) {
      report.add(broken === 'enum' ? codes.enumeration : codes.format, path, `violates ${broken}`);
    }
    return converted;
  };
}

/** Batch ingestion's conversions: text to any scalar, numbers to each other and to text, whole numbers to instants. */
function converter(schema: WireSchema, conversion: boolean): Convert {
  switch (schema.type) {
    case 'string':
      if (!conversion) return (value) => (typeof value === 'string' ? value : refused);
      if (schema.format === 'date-time') return toInstant;
      if (schema.format === 'date') return (value) => toDay(value);
      return (value) =>
        typeof value === 'string' ? value : typeof value === 'number' ? String(value) : refused;
    case 'integer':
      return (value) => {
        const number = conversion ? toNumber(value) : value;
        return Number.isSafeInteger(number) ? number : refused;
      };
    case 'number':
      return (value) => {
        const number = conversion ? toNumber(value) : value;
        return typeof number === 'number' ? number : refused;
      };
    case 'boolean':
      return (value) => {
        if (typeof value === 'boolean') return value;
        if (!conversion) return refused;
        return value === 'true' ? true : value === 'false' ? false : refused;
      };
    default:
      return (value) => value;
  }
}

function toNumber(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(value) ? Number(value) : value;
}

/** A whole number is read as milliseconds since 1970. */
function toInstant(value: unknown): unknown {
  if (typeof value === 'string') return value;
  if (!Number.isSafeInteger(value)) return refused;
  const date = new Date(Number(value));
  return Number.isNaN(date.getTime()) ? refused : date.toISOString();
}

function toDay(value: unknown): unknown {
  const instant = toInstant(value);
  return typeof value === 'string' || typeof instant !== 'string' ? instant : instant.slice(0, 10);
}

/** The name of the first keyword that the value breaks. */
function constraints(schema: WireSchema): (value: unknown) => string | undefined {
  const checks: [string, (value: unknown) => boolean][] = [];
  if (schema.enum !== undefined) {
    const allowed = new Set(schema.enum);
    checks.push(['enum', (value) => allowed.has(value)]);
  }
  if (Object.hasOwn(schema, 'const')) checks.push(['enum', (value) => value === schema.const]);
  if (schema.type === 'string') checks.push(...textChecks(schema));
  const { minimum, maximum } = schema;
  if (minimum !== undefined) checks.push(['minimum', (value) => Number(value) >= minimum]);
  if (maximum !== undefined) checks.push(['maximum', (value) => Number(value) <= maximum]);
  if (checks.length === 0) return () => undefined;
  return (value) => {
    for (const [name, holds] of checks) if (!holds(value)) return name;
    return undefined;
  };
}

function textChecks(schema: WireSchema): [string, (value: unknown) => boolean][] {
  const checks: [string, (value: unknown) => boolean][] = [];
  const format = schema.format === undefined ? undefined : formatCheck(schema.format);
  if (format !== undefined) checks.push([`format ${schema.format}`, (value) => format(String(value))]);
  if (schema.pattern !== undefined) {
    // A pattern has to match the whole text: `stateProvince` would otherwise take anything, its pattern allows nothing.
    const pattern = new RegExp(`^(?:${schema.pattern})$`, 'u');
    checks.push(['pattern', (value) => pattern.test(String(value))]);
  }
  const { minLength, maxLength } = schema;
  if (minLength !== undefined) checks.push(['minLength', (value) => String(value).length >= minLength]);
  if (maxLength !== undefined) checks.push(['maxLength', (value) => String(value).length <= maxLength]);
  return checks;
}
