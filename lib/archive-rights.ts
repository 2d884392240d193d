import {
  backfillPrefix,
  digestsKey,
  forgottenKey,
  schemaKey,
  slicePlanPrefix,
  sourcePrefixes,
  sourceWatchKey,
  timestampsKey,
} from '../functions/shared/object-keys.ts';
import { sandboxOf } from '../functions/shared/platform/guardrails.ts';
import type { SourceSettings } from '../functions/shared/source-settings.ts';

/** Patterns of keys that a function may use, `*` being any text. */
export interface KeyRights {
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** Deleting, and taking away the parts of an upload that failed. */
  readonly remove: readonly string[];
  /** Prefixes that are listed. */
  readonly list: readonly string[];
}

/**
 * What each of a source's functions does with the archive, and so may: its own source's keys alone, and of those what its
 * code asks for. The tests' worlds refuse everything else (test/support/allowed-store.ts).
 */
export function archiveRights(source: SourceSettings) {
  const { id } = source;
  const own = sourcePrefixes(id, source.mixpanel.projectId, sandboxOf(source));
  const ledgers = `${own.ledger}*`;
  const raw = `${own.raw}*`;
  // Slices that wait to be joined keep their superseded lines there.
  const slices = `${own.slices}*`;
  const uploads = `${own.uploads}*`;
  const sandbox = `${own.sandboxState}*`;
  const looks = [sourceWatchKey(id), digestsKey(id)];
  const kept = [
    timestampsKey(id),
    `${slicePlanPrefix(id)}*`,
    `${backfillPrefix(id)}*`,
    `${own.projectState}*`,
  ];
  return {
    planWindows: {
      read: [ledgers, timestampsKey(id), ...looks],
      write: looks,
      remove: [],
      list: [ledgers],
    },
    exportWindow: {
      // Whom to leave out it reads; only an operator puts somebody on that list.
      read: [raw, slices, ledgers, ...kept, forgottenKey(id)],
      write: [raw, slices, ledgers, ...kept],
      remove: [raw, slices],
      list: [raw],
    },
    loadWindow: {
      read: [raw, uploads, ledgers, schemaKey(id), sandbox],
      write: [own.propertyReports, `${own.rejected}*`, uploads, ledgers, schemaKey(id), sandbox],
      remove: [`${own.rejected}*`],
      list: [uploads, ledgers],
    },
  } satisfies Record<string, KeyRights>;
}
