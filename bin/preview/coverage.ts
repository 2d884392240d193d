import { inLine } from '../operator/printable.ts';
import { createTally, type Tally } from './bounded-tally.ts';
import type { NamesRead } from './names-read.ts';
import type { PreviewedRecord } from './open-mapping.ts';
import { ruleText } from './record-view.ts';

/** Sums up a preview. Memory does not grow with the number of records. */
export interface Coverage {
  add(record: unknown, mapped: PreviewedRecord): void;
  /** Counts a line that is no record. */
  addUnreadable(): void;
  readonly counts: Readonly<Record<'records' | 'withErrors' | 'rejected' | 'unreadable', number>>;
  /** For people, ended by a newline. */
  text(): string;
}

export function createCoverage(names: NamesRead): Coverage {
  const counts = { records: 0, withErrors: 0, rejected: 0, unreadable: 0 };
  const unread = createTally();
  const errors = createTally();
  const rejections = createTally();
  return {
    counts,
    add(record, mapped) {
      counts.records += 1;
      if (mapped.errors.length > 0) counts.withErrors += 1;
      if (mapped.text === undefined) counts.rejected += 1;
      for (const name of names.namesOf(record)) if (!names.isRead(name)) unread.add(name);
      for (const error of mapped.errors) errors.add(ruleText(error));
      for (const { path, reason } of mapped.rejected) rejections.add(rejectionText(path, reason));
    },
    addUnreadable() {
      counts.unreadable += 1;
    },
    text() {
      const rest = names.restGoesTo === undefined ? 'they are in no row' : `they go to ${names.restGoesTo}`;
      return [
        'coverage\n',
        `  records: ${counts.records}; mapped: ${counts.records - counts.rejected}, with errors: ${counts.withErrors}, rejected: ${counts.rejected}\n`,
        counts.unreadable === 0 ? '' : `  lines that are no record: ${counts.unreadable}\n`,
        section(`no rule reads by name (${rest})`, unread),
        section('rules that failed', errors),
        section('rejected', rejections),
      ].join('');
    },
  };
}

function rejectionText(path: string, reason: string): string {
  return path === '' ? reason : `${path}: ${reason}`;
}

function section(title: string, tally: Tally): string {
  const lines = tally.entries().map(([text, count]) => `    ${String(count).padStart(7)}  ${inLine(text)}\n`);
  if (lines.length === 0) return '';
  const others = tally.others === 0 ? '' : `    ${String(tally.others).padStart(7)}  others\n`;
  return `  ${title}\n${lines.join('')}${others}`;
}
