import { renderTable } from '../table.ts';
import type { OwnedLetter } from './open-ranges.ts';

const columns = [
  { heading: 'source' },
  { heading: 'queue' },
  { heading: 'code' },
  { heading: 'window' },
  { heading: 'since' },
  { heading: 'reason' },
];

/** Dead letters for people. */
export function listView(letters: readonly OwnedLetter[]): string {
  return renderTable(
    columns,
    letters.map(({ source, queue, code, window, sentAt, reason }) => [
      source,
      queue,
      code,
      window ?? '–',
      sentAt.slice(0, 16).replace('T', ' '),
      reason,
    ]),
  );
}

/** The same of one for programs. */
export function letterJson({ source, queue, code, reason, window, request, sentAt }: OwnedLetter) {
  return { source, queue, code, reason, window: window ?? null, request: request ?? null, sentAt };
}
