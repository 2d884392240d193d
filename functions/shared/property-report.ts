import * as z from 'zod';
import { driftSchema } from './drift.ts';
import type { LedgerStore } from './ledger-store.ts';
import {
  dateOfLedgerKey,
  ledgerPrefix,
  propertyReportKey,
  type RunRef,
  type WindowRef,
} from './object-keys.ts';
import type { ObjectStore } from './object-store.ts';
import { propertyProfileSchema } from './property-profile.ts';
import { formatVersion } from './stored-format.ts';
import { readJson } from './stored-json.ts';

/** The properties of a run's events, beside its manifest: names, types and counts, never a value. */
export const propertyReportSchema = z.object({
  version: formatVersion(1),
  source: z.string(),
  date: z.string(),
  run: z.string(),
  /** Without the lines superseded by a duplicate. */
  ...propertyProfileSchema.shape,
  /** Against the run of the newest earlier window that has a report; null where none was found. */
  drift: z
    .object({ since: z.object({ date: z.string(), run: z.string() }), ...driftSchema.shape })
    .nullable(),
});
export type PropertyReport = z.output<typeof propertyReportSchema>;

/** The run's report; undefined while its lines have not been mapped. */
export function readPropertyReport(store: ObjectStore, run: RunRef): Promise<PropertyReport | undefined> {
  return readJson({
    store,
    key: propertyReportKey(run),
    schema: propertyReportSchema,
    what: 'the property report',
  });
}

/** What finding a report reads. */
export interface ReportArchive {
  readonly store: ObjectStore;
  readonly ledgers: LedgerStore;
}

/** How many windows are looked at for a report: more in a row without events say that there is nothing to find. */
const windowsLookedAt = 14;

/**
 * The report of the newest run of the newest window, `window` itself or an earlier one. The newest run counts whether
 * Platform took it or not, since a report is about what Mixpanel sent.
 */
export async function newestPropertyReport(
  { store, ledgers }: ReportArchive,
  { source, date: newest }: WindowRef,
): Promise<PropertyReport | undefined> {
  const dates: string[] = [];
  for await (const { key } of store.list(ledgerPrefix(source))) {
    const date = dateOfLedgerKey(key);
    if (date !== undefined && date <= newest) dates.push(date);
  }
  for (const date of dates.reverse().slice(0, windowsLookedAt)) {
    const run = (await ledgers.read({ source, date })).deliveries[0]?.run;
    const report = run === undefined ? undefined : await readPropertyReport(store, { source, date, run });
    if (report !== undefined) return report;
  }
  return undefined;
}
