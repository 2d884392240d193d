import * as z from 'zod';
import type { Rejection } from '../../functions/shared/mapping/index.ts';

/** The constraints that are checked; whatever else a schema says about a field is passed over. */
const limitsSchema = z.looseObject({
  required: z.array(z.string()).optional().catch(undefined),
  enum: z.array(z.unknown()).optional().catch(undefined),
  pattern: z.string().optional().catch(undefined),
  minLength: z.number().optional().catch(undefined),
  maxLength: z.number().optional().catch(undefined),
  minimum: z.number().optional().catch(undefined),
  maximum: z.number().optional().catch(undefined),
  minItems: z.number().optional().catch(undefined),
  maxItems: z.number().optional().catch(undefined),
  properties: z.record(z.string(), z.unknown()).optional().catch(undefined),
  additionalProperties: z.unknown().optional(),
  items: z.unknown().optional(),
  allOf: z.array(z.unknown()).optional().catch(undefined),
});
type Limits = z.output<typeof limitsSchema>;

/** What a schema says about one place of a row; reports what the value there breaks. */
type CheckValue = (value: unknown, path: string, report: (path: string, reason: string) => void) => void;

/** Gives the places of a row that break a limit of the schema. No reason quotes a value. */
export type RowLimits = (row: unknown) => Rejection[];

/** @param requires whether fields that the schema requires have to be there. */
export function createRowLimits(document: unknown, requires: boolean): RowLimits {
  const check = checkOf(document, requires);
  return (row) => {
    const found: Rejection[] = [];
    check(row, '', (path, reason) => found.push({ path, reason }));
    return found;
  };
}

function checkOf(schema: unknown, requires: boolean): CheckValue {
  const parsed = limitsSchema.safeParse(schema);
  if (!parsed.success) return () => {};
  const limits = parsed.data;
  const checks = [
    scalarCheck(limits),
    listCheck(limits, requires),
    objectCheck(limits, requires),
    ...(limits.allOf ?? []).map((part) => checkOf(part, requires)),
  ];
  return (value, path, report) => {
    for (const check of checks) check(value, path, report);
  };
}

function scalarCheck(limits: Limits): CheckValue {
  const { minimum, maximum, minLength, maxLength } = limits;
  const pattern = patternOf(limits.pattern);
  const allowed = limits.enum === undefined ? undefined : new Set(limits.enum);
  return (value, path, report) => {
    if (typeof value === 'number') {
      if (minimum !== undefined && value < minimum) report(path, `must be at least ${minimum}`);
      if (maximum !== undefined && value > maximum) report(path, `must be at most ${maximum}`);
    }
    if (typeof value === 'string') {
      // JSON Schema counts characters, not the units of a string's length.
      const length = minLength === undefined && maxLength === undefined ? 0 : [...value].length;
      if (minLength !== undefined && length < minLength)
        report(path, `must have at least ${minLength} characters`);
      if (maxLength !== undefined && length > maxLength)
        report(path, `must have at most ${maxLength} characters`);
      if (pattern !== undefined && !pattern.test(value)) report(path, `must match ${pattern.source}`);
    }
    const isScalar = typeof value !== 'object' || value === null;
    if (allowed !== undefined && isScalar && !allowed.has(value))
      report(path, 'must be one of the values that the schema lists');
  };
}

/** A pattern in another dialect than ours is passed over, as Platform's validator is the judge of it. */
function patternOf(text: string | undefined): RegExp | undefined {
  if (text === undefined) return undefined;
  try {
    return new RegExp(text, 'u');
  } catch {
    return undefined;
  }
}

function listCheck(limits: Limits, requires: boolean): CheckValue {
  const { minItems, maxItems } = limits;
  const item = checkOf(limits.items, requires);
  return (value, path, report) => {
    if (!Array.isArray(value)) return;
    if (minItems !== undefined && value.length < minItems)
      report(path, `must have at least ${minItems} elements`);
    if (maxItems !== undefined && value.length > maxItems)
      report(path, `must have at most ${maxItems} elements`);
    for (const [index, element] of value.entries()) item(element, `${path}[${index}]`, report);
  };
}

function objectCheck(limits: Limits, requires: boolean): CheckValue {
  const required = requires ? (limits.required ?? []) : [];
  const named = new Map(
    Object.entries(limits.properties ?? {}).map(([name, field]) => [name, checkOf(field, requires)]),
  );
  const other = checkOf(limits.additionalProperties, requires);
  return (value, path, report) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    const below = (name: string) => (path === '' ? name : `${path}.${name}`);
    for (const name of required) {
      if (!Object.hasOwn(value, name)) report(below(name), 'the required field has no value');
    }
    for (const [name, child] of Object.entries(value)) {
      (named.get(name) ?? other)(child, below(name), report);
    }
  };
}
