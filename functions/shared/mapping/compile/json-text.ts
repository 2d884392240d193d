import type { Coerce, EmptyValues } from '../coerce.ts';
import type { FieldShape } from '../field-shape.ts';
import type { FieldCheck } from '../target/field-check.ts';
import type { Rejection } from '../target/rejection.ts';
import { sizeOf, spend } from '../values/meter.ts';
import { jsonText } from '../values/text.ts';
import type { Value } from '../values/value.ts';

/** Texts longer than this are left to the regular expression, which looks at several characters at once. */
const maxScanned = 64;
/** What JSON escapes, and more: the characters above surrogates are rare. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes them.
const special = /["\\\u0000-\u001f\ud800-\uffff]/;

/** A text as JSON. Texts without anything to escape, nearly all of an event's, need no call of the library. */
export function quote(text: string): string {
  return isPlain(text) ? `"${text}"` : JSON.stringify(text);
}

/** As `quote`, without the quotes. */
export function escaped(text: string): string {
  return isPlain(text) ? text : JSON.stringify(text).slice(1, -1);
}

function isPlain(text: string): boolean {
  const { length } = text;
  if (length > maxScanned) return !special.test(text);
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 32 || code === 34 || code === 92 || code >= 0xd800) return false;
  }
  return true;
}

/** Writers of fields as JSON text; empty when there is nothing to write. */
export interface FieldWriters {
  /** Counts a field's text that is written already: so many long ones a row may have. */
  readonly written: (text: string) => string;
  readonly stringText: (value: Value) => string;
  readonly fieldText: (value: Value, shape: FieldShape) => string;
  /** As `fieldText`, and reports what of the value the check finds wrong. */
  readonly checkedText: (
    value: Value,
    shape: FieldShape,
    check: FieldCheck,
    path: string,
    findings: { reject(path: string, rejections: readonly Rejection[]): void },
  ) => string;
}

export function createWriters(coerce: Coerce, emptyValues: EmptyValues): FieldWriters {
  const emptyText = emptyValues === 'keep' ? '""' : '';
  const written = (text: string): string => {
    spend(text.length);
    return text;
  };
  /** Counted before it is written: thousands of rules may write a long text. Of short ones an event has many. */
  const textField = (value: string): string => {
    if (value.length > maxScanned) spend(value.length);
    return quote(value);
  };
  const fieldText = (value: Value, shape: FieldShape): string => {
    // Whole numbers and texts are nearly all there is; the rest takes the long way.
    if (shape === 'int' && typeof value === 'number' && (value | 0) === value) return String(value);
    if (shape === 'integer' && Number.isSafeInteger(value)) return String(value);
    if (shape === 'any' && typeof value === 'string' && value !== '') return textField(value);
    if (value === null || value === undefined) return '';
    if (typeof value === 'object') spend(sizeOf(value));
    const kept = coerce(value, shape);
    return kept === undefined ? '' : written(jsonText(kept));
  };
  return {
    written,
    fieldText,
    checkedText(value, shape, check, path, findings) {
      const isText = typeof value === 'string' && value !== '' && (shape === 'string' || shape === 'any');
      if (value === null || value === undefined) return '';
      if (typeof value === 'object') spend(sizeOf(value));
      const kept = isText ? value : coerce(value, shape);
      if (kept === undefined) return '';
      const text = typeof kept === 'string' ? textField(kept) : written(jsonText(kept));
      const broken = check(kept);
      if (broken !== undefined) findings.reject(path, broken);
      return text;
    },
    stringText(value) {
      if (typeof value === 'string') return value === '' ? emptyText : textField(value);
      if (value === null || value === undefined) return '';
      return typeof value === 'number' && Number.isFinite(value) ? `"${value}"` : fieldText(value, 'string');
    },
  };
}

/** A property in the map of texts: numbers and the like as their JSON. */
export function propertyText(value: Value): string {
  switch (typeof value) {
    case 'string':
      return value === '' ? '' : quote(value);
    case 'number':
    case 'boolean':
    case 'bigint':
      return `"${value}"`;
    case 'object':
      return value === null ? '' : JSON.stringify(compactText(value));
    default:
      return '';
  }
}

/** JSON.stringify is the faster writer, and knows no integers beyond a number's range. */
function compactText(value: Value): string {
  try {
    return JSON.stringify(value);
  } catch {
    return jsonText(value);
  }
}
