import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { buildSync } from 'esbuild';
import { projectRoot } from './config.ts';

export const functionNames = ['plan-windows', 'export-window', 'load-window'] as const;
export type FunctionName = (typeof functionNames)[number];

/** Lambda's handler setting for every bundle: `handler` of `index.mjs`. */
export const bundleHandler = 'index.handler';

/** The mapping set's name beside the load function's `index.mjs`. */
export const bundledMapping = 'mapping.json';

/** Folders ready to be zipped for Lambda, or to be run as they are. Each is made once, when first asked for. */
export interface FunctionBundles {
  /** @param mappingFile the source's mapping set; only `load-window` takes it along. */
  folder(name: FunctionName, mappingFile: string): string;
}

/**
 * Bundles the functions into `outDir`, one folder for each function and, for the loader, each distinct mapping set.
 * The content depends on nothing but the code and the mapping set, so an unchanged function is not deployed again.
 *
 * @throws when a function doesn't compile, with esbuild's own explanation.
 */
export function createFunctionBundles(outDir: string): FunctionBundles {
  const code = new Map<FunctionName, BundledFile[]>();
  const folders = new Map<string, string>();
  return {
    folder(name, mappingFile) {
      const takesMapping = name === 'load-window';
      const folderName = takesMapping ? `${name}-${contentId(mappingFile)}` : name;
      const made = folders.get(folderName);
      if (made !== undefined) return made;

      const files = code.get(name) ?? bundle(name);
      code.set(name, files);
      const folder = join(outDir, folderName);
      mkdirSync(folder, { recursive: true });
      for (const file of files) writeFileSync(join(folder, file.name), file.contents);
      if (takesMapping) copyFileSync(mappingFile, join(folder, bundledMapping));
      folders.set(folderName, folder);
      return folder;
    },
  };
}

interface BundledFile {
  readonly name: string;
  readonly contents: Uint8Array;
}

/** The SDK is bundled too: that starts twice as fast as reading the runtime's own copy, and pins its version. */
function bundle(name: FunctionName): BundledFile[] {
  const { outputFiles } = buildSync({
    entryPoints: [join(projectRoot, 'functions', name, 'handler.ts')],
    // Nothing is written here. One place for every build keeps the paths in source maps, and so the asset's hash,
    // the same wherever the bundle ends up.
    outfile: join(projectRoot, 'dist', name, 'index.mjs'),
    write: false,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    // Packages' ES modules before their CommonJS: a quarter smaller, because unused code falls away.
    mainFields: ['module', 'main'],
    // Error names and log entries show class and function names.
    keepNames: true,
    minify: true,
    legalComments: 'none',
    // Without the sources themselves, which would make the map ten times the code.
    sourcemap: 'linked',
    sourcesContent: false,
    // CommonJS packages call `require` for Node's own modules; an ES module has none.
    banner: {
      js: "import { createRequire as connectorCreateRequire } from 'node:module';const require = connectorCreateRequire(import.meta.url);",
    },
    logLevel: 'silent',
  });
  return outputFiles.map((file) => ({ name: basename(file.path), contents: file.contents }));
}

/** Twelve hex digits of the content's SHA-256: names a folder, twenty of them at most. */
function contentId(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12);
}
