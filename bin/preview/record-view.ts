import { randomUUID } from 'node:crypto';
import { parseExactJson, type RuleError } from '../../functions/shared/mapping/index.ts';
import { inLine } from '../operator/printable.ts';
import type { PreviewedRecord } from './open-mapping.ts';

/** One line of JSON for programs, ended by a newline. */
export function recordJson({ text, errors, rejected }: PreviewedRecord): string {
  // The row's own text: parsing it only to write it again would cost time and could lose digits.
  return `{"output":${text ?? 'null'},"errors":${JSON.stringify(errors)},"rejected":${JSON.stringify(rejected)}}\n`;
}

/** A record for people: before, after, and what went wrong. */
export function recordView(number: number, record: unknown, mapped: PreviewedRecord): string {
  const after = mapped.text === undefined ? ['    nothing: rejected'] : indented(parseExactJson(mapped.text));
  return [
    `line ${number}`,
    '  before',
    ...indented(record),
    '  after',
    ...after,
    ...list('errors', mapped.errors.map(ruleText)),
    ...list(
      'rejected',
      mapped.rejected.map(({ path, reason }) => (path === '' ? reason : `${path}: ${reason}`)),
    ),
    '',
    '',
  ].join('\n');
}

/** Rules are counted from 1 here, as in every message for people; for programs from 0. */
export function ruleText({ rule, destination, message }: RuleError): string {
  return `rule ${rule + 1} (${destination}): ${message}`;
}

function list(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`  ${title}`, ...lines.map((line) => `    ${inLine(line)}`)];
}

/** Marks integers that only a bigint holds; no record knows it. */
const integerMark = `integer-${randomUUID()}:`;
const markedInteger = new RegExp(`"${integerMark}(-?\\d+)"`, 'g');

function indented(value: unknown): string[] {
  const text = JSON.stringify(
    value,
    (_, child: unknown) => (typeof child === 'bigint' ? `${integerMark}${child}` : child),
    2,
  );
  return text
    .replaceAll(markedInteger, '$1')
    .split('\n')
    .map((line) => `    ${line}`);
}
