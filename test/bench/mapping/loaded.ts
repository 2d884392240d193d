import { readFileSync } from 'node:fs';
import { openFolderArchive } from '../../../bin/archive/folder-archive.ts';
import { createBatchFiles } from '../../../functions/load-window/batch-files.ts';
import { readManifest } from '../../../functions/load-window/load-deps.ts';
import { mapPart } from '../../../functions/load-window/map-part.ts';
import { uploadSizes } from '../../../functions/load-window/upload-plan.ts';
import { compileMapping, parseMappingSet } from '../../../functions/shared/mapping/index.ts';
import { createBatches } from '../../../functions/shared/platform/batches.ts';
import { createPlatformClient } from '../../../functions/shared/platform/platform-client.ts';
import { createDiscardingStore } from '../export/discarding-store.ts';
import { measure } from '../export/protocol.ts';
import { runRef, settings } from './settings.ts';

/**
 * Parts of the stored run, mapped and uploaded as load-window does it, each an upload of its own, until Platform has
 * accepted the last byte: `loaded.mjs MAPPING ARCHIVE PARTS URL`.
 */
async function loadParts([
  mappingFile = '',
  folder = '',
  parts = '',
  url = '',
]: readonly string[]): Promise<void> {
  const { platform } = settings;
  const set = parseMappingSet(readFileSync(mappingFile, 'utf8'), { variables: { TENANT: platform.tenant } });
  const { getText, getStream } = openFolderArchive(folder);
  const store = { ...createDiscardingStore(), getText, getStream };
  const deps = { settings, store, mapping: compileMapping(set, { profile: platform.profile }) };
  const manifest = await readManifest(deps, runRef);
  const credential = async () => ({ token: 't', clientId: 'c' });
  const tokens = { get: credential, renew: credential, renewFromSecret: credential };
  const client = createPlatformClient({ ...platform, baseUrl: url, tokens, clock: Date.now });
  const batches = createBatches(client, platform.wire);
  const { signal } = new AbortController();
  await measure(async () => {
    let [lines, bytes] = [0, 0];
    for (const part of parts.split(',').map(Number)) {
      const files = createBatchFiles({
        fileBytes: uploadSizes.fileBytes,
        putFile: (index, body) =>
          batches.putFile('b', platform.datasetId, `${part}-${index}.json`, body, signal),
        onProgress: async () => {},
      });
      lines += (await mapPart(deps, manifest, part, files, signal)).mapped;
      await files.close();
      bytes += files.bytes;
    }
    return { lines, bytes, duplicates: 0 };
  });
}

await loadParts(process.argv.slice(2));
