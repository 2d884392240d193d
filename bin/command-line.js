import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const builds = join(root, 'dist', 'command-line');
const sourceFolders = ['bin', 'lib', 'functions'];
/**
 * The version, and the packages that are there, by what npm notes of each installation; the lock file where that was not
 * npm.
 */
const packageLists = ['package.json', 'node_modules/.package-lock.json', 'package-lock.json'];

/** A process that runs may still have to read a piece of what was made of earlier sources. */
const buildsKept = 5;

/**
 * The module with the command line's `main`: sources and packages in fewer files, which start in half the time
 * (docs/performance.md). They are made at the first call and after each change, and are only a convenience:
 * where they can't be made or kept, and for CONNECTOR_DEBUG=1, whose stack traces shall name lines of the sources, these
 * are run themselves.
 */
export async function openCommandLine() {
  const file = process.env.CONNECTOR_DEBUG === '1' ? undefined : await builtFile();
  if (file !== undefined) return import(pathToFileURL(file).href);
  const tsx = await import('tsx/esm/api');
  // From the folder of a user, another tsconfig.json would be found.
  tsx.register({ tsconfig: join(root, 'tsconfig.json') });
  return import('./connector.ts');
}

async function builtFile() {
  try {
    const key = contentKey();
    const file = join(builds, key, 'connector.mjs');
    if (existsSync(file)) return file;
    const files = await bundle();
    // Changed while it was read: whatever was made is of no known content.
    if (contentKey() !== key) return undefined;
    keep(key, files);
    return file;
  } catch {
    // A folder that can't be written, or sources that don't compile, which running them will say better.
    return undefined;
  }
}

/** By content, and not by time: a checkout, a copy and an archive each have their own idea of time. */
function contentKey() {
  const hash = createHash('sha256');
  for (const folder of sourceFolders) {
    const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).sort();
    for (const name of names.filter((name) => /\.(ts|js|json)$/.test(name))) add(hash, join(folder, name));
  }
  for (const name of packageLists.filter((name) => existsSync(join(root, name)))) add(hash, name);
  return hash.digest('hex').slice(0, 16);
}

/**
 * @param {import('node:crypto').Hash} hash
 * @param {string} name
 */
function add(hash, name) {
  const content = readFileSync(join(root, name));
  hash.update(`${name} ${content.length}\n`).update(content);
}

async function bundle() {
  const { buildSync } = await import('esbuild');
  const { outputFiles } = buildSync({
    absWorkingDir: root,
    entryPoints: ['bin/connector.ts'],
    outdir: '.',
    outExtension: { '.js': '.mjs' },
    write: false,
    bundle: true,
    // What a command does not need it does not load, the CDK above all.
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // Packages' ES modules before their CommonJS: what is not used falls away.
    mainFields: ['module', 'main'],
    // Errors are told apart by their classes' names.
    keepNames: true,
    minifySyntax: true,
    minifyWhitespace: true,
    // They find files of their own beside them.
    external: ['aws-cdk-lib', 'constructs', 'esbuild', 'tsx'],
    // CommonJS packages call `require` for Node's own modules; an ES module has none.
    banner: {
      js: "import { createRequire as connectorCreateRequire } from 'node:module';const require = connectorCreateRequire(import.meta.url);",
    },
    logLevel: 'silent',
  });
  return outputFiles;
}

/**
 * Whole or not at all, whoever else does the same.
 *
 * @param {string} key
 * @param {readonly import('esbuild').OutputFile[]} files
 */
function keep(key, files) {
  const own = join(builds, `unfinished-${process.pid}`);
  mkdirSync(own, { recursive: true });
  for (const { path, contents } of files) writeFileSync(join(own, basename(path)), contents);
  try {
    renameSync(own, join(builds, key));
  } catch (error) {
    rmSync(own, { recursive: true });
    if (!existsSync(join(builds, key))) throw error;
  }
  const newestFirst = readdirSync(builds)
    .map((name) => ({ name, madeMs: statSync(join(builds, name)).mtimeMs }))
    .sort((one, other) => other.madeMs - one.madeMs);
  for (const { name } of newestFirst.slice(buildsKept))
    rmSync(join(builds, name), { recursive: true, force: true });
}
