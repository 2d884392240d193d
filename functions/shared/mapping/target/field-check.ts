import { wholeMatcher } from '../regex.ts';
import { isList, isObjectValue, type Value } from '../values/value.ts';
import { missingValue, type Rejection } from './rejection.ts';
import type { Limits, TargetField } from './target-field.ts';
import { textFormat } from './text-formats.ts';

/** What is wrong with a value, paths counted from its field; undefined when nothing is, which costs no memory. */
export type FieldCheck = (value: Value) => readonly Rejection[] | undefined;

/** Says what is wrong with a value, or nothing. */
type Broken = (value: Value) => string | undefined;

/**
 * The check of a field and all below it, for values already converted to its types; undefined when its schema sets no
 * limit there.
 *
 * @param requires whether fields that the schema requires have to be there.
 */
export function createFieldCheck(field: TargetField, requires: boolean): FieldCheck | undefined {
  const limits = field.limits.flatMap(limitChecks);
  const below = [listCheck(field, requires), objectCheck(field, requires)];
  const checks: FieldCheck[] = [...limits.map(atField), ...below.filter((check) => check !== undefined)];
  const [only] = checks;
  if (checks.length <= 1) return only;
  return (value) => {
    let found: readonly Rejection[] | undefined;
    for (const check of checks) {
      const more = check(value);
      if (more !== undefined) found = found === undefined ? more : [...found, ...more];
    }
    return found;
  };
}

function atField(broken: Broken): FieldCheck {
  return (value) => {
    const reason = broken(value);
    return reason === undefined ? undefined : [{ path: '', reason }];
  };
}

function limitChecks(limits: Limits): Broken[] {
  const { minimum, maximum, minItems, maxItems } = limits;
  const checks: (Broken | undefined)[] = [
    minimum === undefined
      ? undefined
      : ofNumber((number) => number >= minimum, `must be at least ${minimum}`),
    maximum === undefined ? undefined : ofNumber((number) => number <= maximum, `must be at most ${maximum}`),
    ...textChecks(limits),
    limits.enum === undefined ? undefined : enumCheck(limits.enum),
    minItems === undefined
      ? undefined
      : ofList((size) => size >= minItems, `must have at least ${minItems} elements`),
    maxItems === undefined
      ? undefined
      : ofList((size) => size <= maxItems, `must have at most ${maxItems} elements`),
  ];
  return checks.filter((check) => check !== undefined);
}

function textChecks({ minLength, maxLength, pattern, format }: Limits): (Broken | undefined)[] {
  // A pattern in a dialect that we can't match is passed over: Platform's validator is the judge of it.
  const matches = pattern === undefined ? undefined : wholeMatcher(pattern);
  const isFormat = format === undefined ? undefined : textFormat(format);
  return [
    minLength === undefined
      ? undefined
      : ofText((text) => characters(text) >= minLength, `must have at least ${minLength} characters`),
    maxLength === undefined
      ? undefined
      : // Most texts are short enough however their characters are counted.
        ofText(
          (text) => text.length <= maxLength || characters(text) <= maxLength,
          `must have at most ${maxLength} characters`,
        ),
    matches === undefined ? undefined : ofText(matches, `must match ${pattern}`),
    isFormat === undefined ? undefined : ofText(isFormat, `must be of the format ${format}`),
  ];
}

/** JSON Schema counts characters, not the units of a string's length. */
function characters(text: string): number {
  return [...text].length;
}

function ofText(holds: (text: string) => boolean, reason: string): Broken {
  return (value) => (typeof value !== 'string' || holds(value) ? undefined : reason);
}

function ofNumber(holds: (number: number | bigint) => boolean, reason: string): Broken {
  return (value) =>
    (typeof value !== 'number' && typeof value !== 'bigint') || holds(value) ? undefined : reason;
}

function ofList(holds: (size: number) => boolean, reason: string): Broken {
  return (value) => (!isList(value) || holds(value.length) ? undefined : reason);
}

function enumCheck(values: readonly unknown[]): Broken {
  const allowed = new Set(values);
  return (value) =>
    isList(value) || isObjectValue(value) || allowed.has(value)
      ? undefined
      : 'must be one of the values that the schema lists';
}

function listCheck({ items }: TargetField, requires: boolean): FieldCheck | undefined {
  const check = items && createFieldCheck(items, requires);
  if (check === undefined) return undefined;
  return (list) => {
    if (!isList(list)) return undefined;
    let found: Rejection[] | undefined;
    for (let index = 0; index < list.length; index += 1) {
      const broken = check(list[index]);
      if (broken !== undefined) found = [...(found ?? []), ...below(`[${index}]`, broken)];
    }
    return found;
  };
}

function objectCheck(field: TargetField, requires: boolean): FieldCheck | undefined {
  const required = requires ? field.required : [];
  const named = new Map<string, FieldCheck>();
  for (const [name, child] of field.fields) {
    const check = createFieldCheck(child, requires);
    if (check !== undefined) named.set(name, check);
  }
  const other = field.others && createFieldCheck(field.others, requires);
  if (required.length === 0 && named.size === 0 && other === undefined) return undefined;
  return (object) => {
    if (!isObjectValue(object)) return undefined;
    const found: Rejection[] = [];
    for (const name of required)
      if (!Object.hasOwn(object, name)) found.push({ path: name, reason: missingValue });
    for (const name in object) {
      const check = named.get(name) ?? (field.fields.has(name) ? undefined : other);
      const broken = check?.(object[name]);
      if (broken !== undefined) found.push(...below(name, broken));
    }
    return found.length === 0 ? undefined : found;
  };
}

/** The same places, counted from the field around. */
export function below(parent: string, rejections: readonly Rejection[]): Rejection[] {
  return rejections.map(({ path, reason }) => {
    const joint = path === '' || path.startsWith('[') || parent === '' ? '' : '.';
    return { path: `${parent}${joint}${path}`, reason };
  });
}
