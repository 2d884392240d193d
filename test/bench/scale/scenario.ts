import { usualEventBytes } from '../../../bin/estimate/volume-options.ts';
import { exportSecondsPerGb, loadSecondsPerGb, rowShare } from '../../../bin/estimate/work-cost.ts';
import { defaultMaxPartBytes } from '../../../functions/export-window/run-writer.ts';
import { type UploadSizes, uploadSizes } from '../../../functions/load-window/upload-plan.ts';
import { type SourceSettings, sourceSchema } from '../../../functions/shared/source-settings.ts';

const million = 1_000_000;

/** A day that is simulated. */
export interface Scenario {
  /** Of all sources together. */
  readonly eventsPerDay: number;
  readonly eventBytes: number;
  /** Into how many sources the project is divided, by `mixpanel.events` or `mixpanel.where`: each has the same share. */
  readonly sources: number;
  /** Events that one query brings in a second; undefined where Mixpanel is faster than the function. */
  readonly eventsPerSecond: number | undefined;
  /** Of a function with one whole processor, for a GB of events. */
  readonly secondsPerGb: { readonly export: number; readonly load: number };
  /** Bytes of a row for one of an event. */
  readonly rowShare: number;
  readonly partBytes: number;
  readonly uploads: UploadSizes;
  readonly lookbackDays: number;
  /** Windows of the look-back that have changed, and are delivered again. */
  readonly changedWindows: number;
  /** After this the next day's windows would come. */
  readonly maxHours: number;
}

/** What the connector does with so many events a day, by what was measured and what is deployed. */
export function scenario(changed: Partial<Scenario> & Pick<Scenario, 'eventsPerDay'>): Scenario {
  return {
    eventBytes: usualEventBytes,
    sources: 1,
    eventsPerSecond: undefined,
    secondsPerGb: { export: exportSecondsPerGb, load: loadSecondsPerGb },
    rowShare,
    partBytes: defaultMaxPartBytes,
    uploads: uploadSizes,
    lookbackDays: simulatedSource(0).schedule.lookbackDays,
    changedWindows: 1,
    maxHours: 24,
    ...changed,
  };
}

/** The settings of every simulated source: what a configuration has that says nothing else. */
export function simulatedSource(number: number): SourceSettings {
  return sourceSchema.parse({
    id: `source-${number}`,
    mixpanel: { projectId: 1 },
    platform: { orgId: 'o@AdobeOrg', sandbox: 'prod', datasetId: 'd', schemaId: 's', tenant: 'acme' },
  });
}

/**
 * 5,930,103 records in at most 57 minutes, which is what the log of a peer's run says (Airbyte, pull request 7439): the
 * only published figure on how fast an export comes. It was that pipeline's, and Mixpanel may be far faster.
 */
export const slowEventsPerSecond = 1734;

/** The days of docs/scale.md, smallest first. */
export const scaleDays: readonly Scenario[] = [
  scenario({ eventsPerDay: million }),
  scenario({ eventsPerDay: 10 * million }),
  scenario({ eventsPerDay: 100 * million }),
  scenario({ eventsPerDay: 100 * million, sources: 2 }),
  scenario({ eventsPerDay: 1000 * million, sources: 20 }),
];

/** The same from a Mixpanel that is no faster than what was published. */
export const slowDays: readonly Scenario[] = [
  scenario({ eventsPerDay: million, eventsPerSecond: slowEventsPerSecond }),
  scenario({ eventsPerDay: 10 * million, eventsPerSecond: slowEventsPerSecond }),
  scenario({ eventsPerDay: 100 * million, sources: 2, eventsPerSecond: slowEventsPerSecond }),
  scenario({ eventsPerDay: 100 * million, sources: 20, eventsPerSecond: slowEventsPerSecond }),
];

/** What is run for real: the newest window of the day of 100 million. */
export const newestDay = scenario({
  eventsPerDay: 100 * million,
  sources: 2,
  lookbackDays: 0,
  changedWindows: 0,
});
