import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createFunctionBundles, functionNames } from '../../lib/bundle-functions.ts';
import { projectRoot } from '../../lib/config.ts';
import { type Started, startBundle, startNode } from './cold-start/start-bundle.ts';
import { machine, print, spread, wholeNumber } from './figures.ts';

/**
 * Measures how long a function's bundle takes until it can take its first message: `npm run bench -- cold-start
 * [--rounds N] [--quick]`. docs/performance.md says what the figures mean.
 */
const { values } = parseArgs({
  options: { rounds: { type: 'string' }, quick: { type: 'boolean', default: false } },
});

const empty = 'export const handler = async () => undefined;\n';

const rounds = wholeNumber('rounds', values.rounds ?? (values.quick ? '2' : '15'));
const folder = await mkdtemp(join(tmpdir(), 'connector-bench-'));
try {
  print(`\ncold start: ${machine()}`);
  print(`${rounds} rounds, taking turns; each figure: median (lowest to highest)`);
  await benchStarts();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function benchStarts(): Promise<void> {
  const bundles = createFunctionBundles(folder);
  const mapping = join(projectRoot, 'mappings', 'default.json');
  const emptyFolder = join(folder, 'empty');
  mkdirSync(emptyFolder);
  writeFileSync(join(emptyFolder, 'index.mjs'), empty);
  const folders = functionNames.map((name) => [name, bundles.folder(name, mapping)] as const);
  const starts: readonly (readonly [string, () => Promise<Started>])[] = [
    ['node -e 0', startNode],
    ['an empty bundle', () => startBundle(emptyFolder)],
    ...folders.map(([name, bundle]) => [name, () => startBundle(bundle)] as const),
  ];
  const taken = new Map(starts.map(([name]) => [name, [] as Started[]]));
  // One round more than asked, which only warms up; each begins with another one.
  for (let round = 0; round <= rounds; round += 1) {
    const first = round % starts.length;
    for (const [name, start] of [...starts.slice(first), ...starts.slice(0, first)]) {
      const started = await start();
      if (round > 0) taken.get(name)?.push(started);
    }
  }
  for (const [name, bundle] of folders) {
    const file = join(bundle, 'index.mjs');
    print(`${name}: ${(statSync(file).size / 1e3).toFixed(0)} KB`);
  }
  for (const [name, all] of taken) report(name, all, taken.get('an empty bundle') ?? []);
}

function report(name: string, all: readonly Started[], floor: readonly Started[]): void {
  const over = all.map(({ ms }, index) => ms - (floor[index]?.ms ?? Number.NaN));
  print(
    `${name}: ready after ms ${spread(
      all.map(({ ms }) => ms),
      0,
    )}, beyond an empty bundle ${spread(over, 0)}, CPU ms ${spread(
      all.map(({ cpuMs }) => cpuMs),
      0,
    )}`,
  );
}
