import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createFunctionBundles, functionNames } from '../../lib/bundle-functions.ts';

const folder = mkdtempSync(join(tmpdir(), 'connector-bundles-'));
const mapping = join(folder, 'one.json');
const otherMapping = join(folder, 'other.json');
writeFileSync(mapping, '{"name":"one"}');
writeFileSync(otherMapping, '{"name":"other"}');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bundles = createFunctionBundles(join(folder, 'first'));

describe("the functions' bundles", () => {
  it.each(functionNames)('contain all that %s needs to start, away from the project', (name) => {
    const { href } = pathToFileURL(join(bundles.folder(name, mapping), 'index.mjs'));
    const script = `console.log(typeof (await import(${JSON.stringify(href)})).handler)`;
    const started = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(`${started.stderr}${started.stdout}`).toBe('function\n');
  });

  // Lambda reads all of it before it can begin. The source map beside it is read only when an error is told.
  it.each(functionNames)('keep %s below 1.5 MB', (name) => {
    expect(statSync(join(bundles.folder(name, mapping), 'index.mjs')).size).toBeLessThan(1_500_000);
  });

  it('take the mapping set along for the loader alone, one folder for each set', () => {
    const one = bundles.folder('load-window', mapping);
    const other = bundles.folder('load-window', otherMapping);
    expect(other).not.toBe(one);
    expect(readFileSync(join(one, 'mapping.json'), 'utf8')).toBe('{"name":"one"}');
    expect(readFileSync(join(other, 'mapping.json'), 'utf8')).toBe('{"name":"other"}');
    expect(bundles.folder('plan-windows', otherMapping)).toBe(bundles.folder('plan-windows', mapping));
    expect(readdirSync(bundles.folder('plan-windows', mapping))).not.toContain('mapping.json');
  });

  it('are the same bytes wherever they are made, so that nothing is deployed again for no reason', () => {
    const elsewhere = join(folder, 'a', 'deeper');
    mkdirSync(elsewhere, { recursive: true });
    const again = createFunctionBundles(elsewhere).folder('plan-windows', mapping);
    for (const file of readdirSync(again)) {
      expect(
        readFileSync(join(again, file)).equals(
          readFileSync(join(bundles.folder('plan-windows', mapping), file)),
        ),
      ).toBe(true);
    }
  });

  it('carry source maps that name no folder of the machine that made them', () => {
    const { sources } = z
      .looseObject({ sources: z.array(z.string()) })
      .parse(
        JSON.parse(readFileSync(join(bundles.folder('plan-windows', mapping), 'index.mjs.map'), 'utf8')),
      );
    expect(sources).toContain('../../functions/plan-windows/handler.ts');
    for (const source of sources) expect(source).toMatch(/^\.\.\/\.\.\/(functions|node_modules)\//);
  });
});
