import { readFileSync } from 'node:fs';
import { openFolderArchive } from '../../../bin/archive/folder-archive.ts';
import { createBatchFiles } from '../../../functions/load-window/batch-files.ts';
import { readManifest } from '../../../functions/load-window/load-deps.ts';
import { mapPart } from '../../../functions/load-window/map-part.ts';
import { uploadSizes } from '../../../functions/load-window/upload-plan.ts';
import { compileMapping, parseMappingSet } from '../../../functions/shared/mapping/index.ts';
import { createDiscardingStore } from '../export/discarding-store.ts';
import { measure } from '../export/protocol.ts';
import { openOutput } from './output.ts';
import { runRef, settings } from './settings.ts';

/** Parts of the stored run, mapped as load-window maps them: `compiled.mjs MAPPING ARCHIVE PARTS [OUTPUT]`. */
async function mapParts([mappingFile = '', folder = '', parts = '', file]: readonly string[]): Promise<void> {
  const set = parseMappingSet(readFileSync(mappingFile, 'utf8'), {
    variables: { TENANT: settings.platform.tenant },
  });
  const { getText, getStream } = openFolderArchive(folder);
  const store = { ...createDiscardingStore(), getText, getStream };
  const mapping = compileMapping(set, { profile: settings.platform.profile });
  const deps = { settings, store, mapping };
  const manifest = await readManifest(deps, runRef);
  const output = openOutput(file);
  await measure(async () => {
    let lines = 0;
    const files = createBatchFiles({
      fileBytes: uploadSizes.fileBytes,
      putFile: async (_index, body) => {
        for (const piece of body) output.write(piece);
      },
      onProgress: async () => {},
    });
    for (const part of parts.split(',').map(Number)) {
      const { mapped } = await mapPart(deps, manifest, part, files, new AbortController().signal);
      lines += mapped;
    }
    await files.close();
    output.close();
    return { lines, bytes: output.bytes, duplicates: 0 };
  });
}

await mapParts(process.argv.slice(2));
