import { type Manifest, manifestSchema } from '../../functions/shared/manifest.ts';
import type { ObjectStore } from '../../functions/shared/object-store.ts';
import { readJson } from '../../functions/shared/stored-json.ts';

/** A run's manifest by its key; undefined where there is none, or none any more. */
export function readManifestAt(store: ObjectStore, key: string): Promise<Manifest | undefined> {
  return readJson({ store, key, schema: manifestSchema, what: 'the manifest' });
}
