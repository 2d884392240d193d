import { ConfigError } from '../../functions/shared/errors.ts';
import { createLedgerStore } from '../../functions/shared/ledger-store.ts';
import { parseMappingSet } from '../../functions/shared/mapping/index.ts';
import { newestPropertyReport, type PropertyReport } from '../../functions/shared/property-report.ts';
import { withOperator } from '../operator/open-operator.ts';
import { growProperties, withRules } from './grow-properties.ts';
import type { SetupSource } from './setup-config.ts';
import { type SetupOptions, what } from './setup-options.ts';

/**
 * The source with its mapping set as it will be: with rules for the properties that are to have fields of their own.
 *
 * @throws {ConfigError} when the events' report is not there, or a property can't have a field.
 */
export async function withChosenProperties(options: SetupOptions, source: SetupSource): Promise<SetupSource> {
  if (options.property.length === 0) return source;
  const report = await readReport(options, source.settings.id);
  // Any tenant will do: rules are compared as they are written.
  const mapping = parseMappingSet(source.mappingText, { variables: { TENANT: 'tenant' } });
  const { rules, problems } = growProperties(options.property, report, mapping);
  if (problems.length > 0) throw new ConfigError(what, problems);
  return { ...source, mappingText: withRules(mapping, rules), newRules: rules };
}

/** The newest report of the events' properties. */
function readReport(options: SetupOptions, source: string): Promise<PropertyReport> {
  return withOperator({ ...options, data: undefined }, async ({ store }) => {
    const archive = { store, ledgers: createLedgerStore(store, Date.now) };
    const date = new Date().toISOString().slice(0, 10);
    const report = await newestPropertyReport(archive, { source, date });
    if (report !== undefined) return report;
    throw new ConfigError(what, [
      `--property: the archive has no report of ${source}'s properties yet; one is made with each window's delivery`,
    ]);
  });
}
