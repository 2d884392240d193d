import { grouped } from '../local/progress-view.ts';
import { nextHint } from '../operator/next-command.ts';
import { plural } from '../status/status-view.ts';
import { renderTable } from '../table.ts';
import type { ForgetOptions } from './forget-options.ts';
import type { FiledOrder } from './forget-record.ts';
import type { WindowResult } from './forget-window.ts';

/** What was done, or would be. */
export interface ForgetReport {
  readonly source: string;
  readonly dryRun: boolean;
  readonly ids: number;
  /** Ids that were not on the list before. */
  readonly newIds: number;
  readonly windows: readonly WindowResult[];
  readonly workOrders: readonly FiledOrder[];
  /** Texts that the work orders ask to be deleted. */
  readonly ordered: number;
  /** Where the evidence lies; undefined where nothing was done. */
  readonly evidence: string | undefined;
}

const columns = [
  { heading: 'window' },
  { heading: 'run' },
  { heading: 'removed', right: true },
  { heading: 'kept', right: true },
  { heading: '' },
];

/** For people. No id is shown. */
export function forgetView(report: ForgetReport, options: ForgetOptions): string {
  const { dryRun, ids, newIds, windows, ordered, workOrders, evidence } = report;
  const { workOrder } = options;
  const touched = windows.flatMap((window) => window.touched);
  const pending = windows.flatMap(({ date, pending }) => pending.map((text) => `! ${date}: ${text}`));
  const deleted = windows.reduce((sum, window) => sum + window.deleted.length, 0);
  const reloads = touched.filter(({ isNewest }) => isNewest).length;
  const lines = [
    `${report.source}: ${ids} ${plural('id', ids)}, ${newIds} of them new on the list of those whom exports leave out`,
    touched.length === 0 ? 'No stored run holds an event of theirs.' : renderTable(columns, rowsOf(windows)),
    ...(deleted === 0
      ? []
      : [`remains of ${deleted} dead ${plural('run', deleted)} ${dryRun ? 'would be' : 'were'} deleted`]),
    ...(workOrder === undefined
      ? []
      : [
          dryRun
            ? `record deletes for ${ordered} ids in Platform would be filed, all forms and namespaces counted`
            : `${workOrders.length} ${plural('work order', workOrders.length)} filed for ${ordered} ids in Platform, all forms and namespaces counted`,
        ]),
    ...pending,
    ...(evidence === undefined ? [] : [`evidence: ${evidence}`]),
    ...(dryRun ? ['Nothing was changed (--dry-run).'] : []),
    ...(!dryRun && reloads > 0
      ? [`${reloads} ${plural('window', reloads)} to be delivered anew: connector status${nextHint(options)}`]
      : []),
  ];
  return `${lines.join('\n')}\n`;
}

function rowsOf(windows: readonly WindowResult[]): string[][] {
  return windows.flatMap(({ date, touched }) =>
    touched.map(({ manifest, lines, isNewest }) => [
      date,
      manifest.run,
      grouped(lines),
      grouped(manifest.records - lines),
      isNewest ? 'newest' : '',
    ]),
  );
}

/** For programs. */
export function forgetJson({ windows, ...report }: ForgetReport) {
  return {
    ...report,
    evidence: report.evidence ?? null,
    complete: windows.every(({ pending }) => pending.length === 0),
    windows: windows
      .filter(({ touched, deleted, pending }) => touched.length + deleted.length + pending.length > 0)
      .map(({ date, touched, deleted, pending }) => ({
        date,
        runs: touched.map(({ manifest, lines, isNewest }) => ({
          run: manifest.run,
          removed: lines,
          kept: manifest.records - lines,
          isNewest,
        })),
        deleted,
        pending,
      })),
  };
}
