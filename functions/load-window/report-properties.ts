import { type Drift, driftBetween } from '../shared/drift.ts';
import { ConnectorError } from '../shared/errors.ts';
import type { Manifest } from '../shared/manifest.ts';
import { propertyReportKey } from '../shared/object-keys.ts';
import type { PropertyProfile } from '../shared/property-profile.ts';
import { newestPropertyReport, type PropertyReport } from '../shared/property-report.ts';
import { previousWindow } from '../shared/window.ts';
import type { LoadDeps } from './load-deps.ts';

/** Names that a log line shows of each kind: enough to see what happened, the report has them all. */
const maxNamesLogged = 20;

/**
 * Writes the run's properties, and how they differ from those of the window before, beside its manifest. Repeating it
 * writes the same again. It never throws: a delivery does not depend on it.
 */
export async function reportProperties(
  deps: LoadDeps,
  manifest: Manifest,
  profile: PropertyProfile,
): Promise<void> {
  const { source, date, run } = manifest;
  try {
    const before = await newestPropertyReport(deps, { source, date: previousWindow(date) });
    const drift =
      before === undefined
        ? null
        : { since: { date: before.date, run: before.run }, ...driftBetween(before, profile) };
    const report: PropertyReport = { version: 1, source, date, run, ...profile, drift };
    await deps.store.put(propertyReportKey(manifest), `${JSON.stringify(report)}\n`);
    if (drift !== null) logDrift(deps, report, drift);
  } catch (error) {
    const code = error instanceof ConnectorError ? error.code : 'unexpected';
    deps.log.warn('Load:Properties:NotReported', { window: date, run, code });
  }
}

function logDrift(deps: LoadDeps, { date, run }: PropertyReport, drift: Drift): void {
  const changed = drift.changed.map(({ name, from, to }) => `${name}: ${from.join('|')} to ${to.join('|')}`);
  deps.log.info('Load:Properties:Compared', {
    window: date,
    run,
    appeared: drift.appeared.length,
    vanished: drift.vanished.length,
    changed: changed.length,
    appearedNames: drift.appeared.slice(0, maxNamesLogged),
    vanishedNames: drift.vanished.slice(0, maxNamesLogged),
    changedNames: changed.slice(0, maxNamesLogged),
  });
}
