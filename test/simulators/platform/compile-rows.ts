import { isObject, type JsonObject } from './json.ts';
import type { RowProblem, ValueCheck } from './row-check.ts';
import {
  batchCodes,
  type ProblemCodes,
  RowReport,
  type RowRules,
  streamingCodes,
  typeName,
} from './row-check.ts';
import { compileScalar } from './scalar-check.ts';
import type { WireSchema } from './wire-schema.ts';

/** The verdict on one row. */
export interface CheckedRow {
  readonly problems: readonly RowProblem[];
  readonly row: unknown;
  /** Whether `row` differs from what was uploaded. */
  readonly changed: boolean;
}

/** Checks a row, and converts values within it where the rules allow that. */
export type RowCheck = (row: unknown) => CheckedRow;

interface Context {
  readonly path: string;
  readonly rules: RowRules;
  readonly codes: ProblemCodes;
}

/**
 * Turns a schema into one function that checks a row. Everything that can be known beforehand (paths, patterns, sets)
 * is made here once, so that a row costs little more than a walk over its fields.
 */
export function compileRows(schema: WireSchema, rules: RowRules, now: () => number): RowCheck {
  const codes = rules.conversion ? batchCodes : streamingCodes;
  const check = compile(schema, { path: '', rules, codes });
  return (row) => {
    const report = new RowReport();
    const kept = check(row, report);
    // An event has to lie in the past; the class asks for it, no keyword of the schema says it.
    if (isObject(kept) && typeof kept.timestamp === 'string' && Date.parse(kept.timestamp) > now()) {
      report.add(codes.format, 'timestamp', 'lies in the future');
    }
    return { problems: report.problems, row: kept, changed: report.changed };
  };
}

function compile(schema: WireSchema, context: Context): ValueCheck {
  const check = compileByType(schema, context);
  if (context.rules.emptyValues === 'accept') return check;
  return (value, report) => {
    if (!isEmpty(value)) return check(value, report);
    report.add(context.codes.required, context.path, 'null and empty values are not accepted');
    return value;
  };
}

function compileByType(schema: WireSchema, context: Context): ValueCheck {
  if (schema.type === 'object') {
    return schema.properties === undefined && schema.additionalProperties !== undefined
      ? compileMap(schema.additionalProperties, context)
      : compileObject(schema, context);
  }
  return schema.type === 'array' ? compileList(schema, context) : compileScalar(schema, context);
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === '') return true;
  if (typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.length === 0;
  for (const _ in value) return false;
  return true;
}

function compileObject(schema: WireSchema, context: Context): ValueCheck {
  const { codes, path } = context;
  const fields = new Map(
    Object.entries(schema.properties ?? {}).map(([name, child]) => [
      name,
      compile(child, { ...context, path: join(path, name) }),
    ]),
  );
  const required = schema.required ?? [];
  const drop = context.rules.extraneousFields === 'drop';
  return (value, report) => {
    if (!isObject(value)) return refuseType(value, report, 'JSONObject', context);
    for (const name in value) {
      const check = fields.get(name);
      if (check !== undefined) replace(value, name, check, report);
      else if (drop) {
        delete value[name];
        report.changed = true;
      } else report.add(codes.type, join(path, name), 'extraneous key is not permitted');
    }
    for (const name of required) {
      if (!Object.hasOwn(value, name))
        report.add(codes.required, join(path, name), 'required field is missing');
    }
    return value;
  };
}

function compileMap(values: WireSchema, context: Context): ValueCheck {
  const check = compile(values, { ...context, path: join(context.path, '*') });
  return (value, report) => {
    if (!isObject(value)) return refuseType(value, report, 'JSONObject', context);
    for (const name in value) replace(value, name, check, report);
    return value;
  };
}

function compileList(schema: WireSchema, context: Context): ValueCheck {
  const check = compile(schema.items ?? {}, { ...context, path: `${context.path}[]` });
  const minItems = schema.minItems ?? 0;
  const maxItems = schema.maxItems ?? Number.POSITIVE_INFINITY;
  return (value, report) => {
    if (!Array.isArray(value)) return refuseType(value, report, 'JSONArray', context);
    if (value.length < minItems || value.length > maxItems) {
      report.add(context.codes.format, context.path, 'violates the number of items');
    }
    for (let index = 0; index < value.length; index += 1) value[index] = check(value[index], report);
    return value;
  };
}

/** Puts a converted value in place; an assignment to an unchanged field would cost more than the comparison. */
function replace(value: JsonObject, name: string, check: ValueCheck, report: RowReport): void {
  const given = value[name];
  const kept = check(given, report);
  if (kept !== given) value[name] = kept;
}

function refuseType(value: unknown, report: RowReport, wanted: string, context: Context): unknown {
  report.add(context.codes.type, context.path, `expected type: ${wanted}, found: ${typeName(value)}`);
  return value;
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
