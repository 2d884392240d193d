import { grouped } from '../local/progress-view.ts';
import type { Paint } from '../operator/paint.ts';
import { timeText } from '../status/time-text.ts';
import { renderTable } from '../table.ts';
import type { WindowCheck } from './reconcile-source.ts';
import type { Difference, DifferenceKind, Reconciliation } from './reconciliation.ts';
import { recountLines, recountRows } from './recount-view.ts';
import type { Sample } from './sample-window.ts';

const columns = [{ heading: '' }, { heading: 'records', right: true }, { heading: '' }];

/** What a check of a window found, for people. */
export function checkView(
  { reconciliation, recount, sample }: WindowCheck,
  paint: Paint,
  command: string,
): string {
  if (reconciliation === undefined) return '';
  const { date } = reconciliation;
  return [
    '',
    `From Mixpanel to Platform, ${timeText(Date.parse(reconciliation.checkedAt))}`,
    renderTable(columns, [...recountRows(recount), ...rowsOf(reconciliation)]),
    '',
    ...recountLines(recount, paint),
    ...verdict(reconciliation, paint, (words) => `connector ${words.replace('DATE', date)} ${command}`),
    ...(sample === undefined ? [] : ['', ...sampleLines(sample, paint)]),
    '',
  ].join('\n');
}

function rowsOf({ exported, delivered, platform }: Reconciliation): string[][] {
  const none = '–';
  return [
    exported === null
      ? ['exported', none, 'no run is in the archive']
      : [
          'exported',
          grouped(exported.records),
          `what Mixpanel gave last: run ${exported.run}, ${timeText(Date.parse(exported.completedAt))}`,
        ],
    ...(delivered === null
      ? [['delivered', none, 'nothing is in the dataset, by the ledger']]
      : [
          ['received', grouped(delivered.received), `run ${delivered.run}`],
          ...(['duplicates', 'filtered', 'rejected'] as const).map((name) => [
            `  ${name}`,
            grouped(delivered[name]),
            '',
          ]),
          ['  refused', grouped(delivered.failed), 'by Platform'],
          [
            'delivered',
            grouped(delivered.accepted),
            delivered.batchId === null ? 'streamed' : `batch ${delivered.batchId}`,
          ],
        ]),
    platform === null
      ? [
          'active',
          none,
          delivered?.batchId === null ? 'rows that were streamed can not be counted by window' : '',
        ]
      : [
          'active',
          platform.accepted === null ? none : grouped(platform.accepted),
          `batch ${platform.batchId}, ${platform.status}`,
        ],
  ];
}

/** What to type, by what differs; DATE stands for the window. */
const remedies: Readonly<Record<DifferenceKind, string | undefined>> = {
  batch_missing: undefined,
  batch_not_active: 'replay DATE',
  counts_differ: undefined,
  run_differs: 'replay DATE',
  run_not_delivered: 'replay DATE --reload',
  batch_unexpected: undefined,
  delivered_twice: undefined,
  mixpanel_differs: 'replay DATE',
};

function verdict(
  { differences, isPending }: Reconciliation,
  paint: Paint,
  commandOf: (words: string) => string,
): string[] {
  if (isPending) return [paint.busy('something is on its way for the window: look again when it has ended')];
  if (differences.length === 0) return [paint.good('no difference')];
  return differences.flatMap(({ kind, text }: Difference) => {
    const remedy = remedies[kind];
    const next =
      remedy === undefined
        ? 'look first, then act: docs/runbook.md, "Hold the dataset to the ledger"'
        : commandOf(remedy);
    return [`${paint.bad('!')} ${text}`, `  ${next}`];
  });
}

/** Rows told one by one. */
const mostRows = 20;

function sampleLines(sample: Sample, paint: Paint): string[] {
  if (sample.kind === 'skipped') return [paint.warn(`no rows were compared: ${sample.why}`)];
  const { shown, same, differing, notShown, notOfRun, withoutId, batchId, run } = sample;
  const heading = `Rows of batch ${batchId} as Platform previews them, beside run ${run} mapped again`;
  const count = (text: string, number: number, isBad: boolean) => {
    const line = `${grouped(number, 8)}  ${text}`;
    return isBad && number > 0 ? paint.bad(line) : line;
  };
  return [
    heading,
    count('shown', shown, false),
    count('same', same, false),
    count('differ', differing.length, true),
    count('not of this run', notOfRun, true),
    ...(withoutId === 0 ? [] : [count('without an _id', withoutId, true)]),
    count(
      "of the run's first rows not shown, which is no fault: Platform shows what it likes",
      notShown,
      false,
    ),
    ...differing
      .slice(0, mostRows)
      .map(({ part, line, fields }) => `${paint.bad('!')} ${part} line ${line}: ${fields.join(', ')}`),
    ...(differing.length > mostRows ? [`  … and ${differing.length - mostRows} more`] : []),
  ];
}

/** The same for programs: keys of `status DATE --json`. */
export function checkJson({ reconciliation, recount, sample }: WindowCheck) {
  return {
    reconciliation: reconciliation === undefined ? null : reconciliationJson(reconciliation),
    ...(recount === undefined ? {} : { recount }),
    ...(sample === undefined ? {} : { sample }),
  };
}

function reconciliationJson({ exported, delivered, ...others }: Reconciliation) {
  return {
    ...others,
    exported: exported && {
      run: exported.run,
      completedAt: exported.completedAt,
      records: exported.records,
      duplicates: exported.duplicates,
    },
    delivered: delivered && {
      run: delivered.run,
      batchId: delivered.batchId,
      datasetId: delivered.datasetId,
      received: delivered.received,
      duplicates: delivered.duplicates,
      filtered: delivered.filtered,
      rejected: delivered.rejected,
      failed: delivered.failed,
      accepted: delivered.accepted,
    },
  };
}
