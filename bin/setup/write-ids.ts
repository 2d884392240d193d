import { chmodSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { editConfigText } from './edit-config-text.ts';
import type { PlatformIds } from './setup-config.ts';

/** The order in which ids are added to a configuration that has none. */
const names = ['tenant', 'schemaId', 'datasetId', 'inletUrl', 'flowId'] as const;

/** Ids that a configuration lacks, or has otherwise. */
export function idsToWrite(known: PlatformIds, found: PlatformIds): PlatformIds {
  const changed = names.filter((name) => found[name] !== undefined && found[name] !== known[name]);
  return Object.fromEntries(changed.map((name) => [name, found[name]]));
}

/** Writes ids into a source of the configuration. The file is replaced in one step; whatever else is in it stays. */
export function writeIds(file: string, sourceIndex: number, ids: PlatformIds): void {
  // Of a link, the file that it leads to is replaced.
  const path = realpathSync(file);
  const before = readFileSync(path, 'utf8');
  const after = names.reduce((text, key) => {
    const value = ids[key];
    return value === undefined ? text : editConfigText(text, { sourceIndex, key, value });
  }, before);
  const written = `${path}.${process.pid}.tmp`;
  writeFileSync(written, after);
  chmodSync(written, statSync(path).mode);
  renameSync(written, path);
}
