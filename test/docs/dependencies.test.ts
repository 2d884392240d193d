import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { projectRoot } from '../../lib/config.ts';

const readText = (...path: readonly string[]) => readFileSync(join(projectRoot, ...path), 'utf8');
const readJson = (...path: readonly string[]): unknown => JSON.parse(readText(...path));

const versions = z.record(z.string(), z.string());
const project = z
  .looseObject({ dependencies: versions, devDependencies: versions })
  .parse(readJson('package.json'));
const lockfile = z
  .looseObject({
    packages: z.record(
      z.string(),
      z.looseObject({
        license: z.string().optional(),
        dev: z.boolean().optional(),
        integrity: z.string().optional(),
        inBundle: z.boolean().optional(),
        hasInstallScript: z.boolean().optional(),
      }),
    ),
  })
  .parse(readJson('package-lock.json')).packages;
const locked = Object.entries(lockfile).filter(([path]) => path !== '');

const page = readText('docs', 'dependencies.md');
/** What the page's tables say of each dependency. */
const rows = [...page.matchAll(/^\| `([^`]+)` (\S+) \| ([^|]+?) \| ([\d.]+) MB \| /gm)].map(
  ([, name = '', version = '', licence = '', size = '']) => ({ name, version, licence, size: Number(size) }),
);

/** Licences that ask for no more than that their text is kept. */
const permissive = ['MIT', 'MIT-0', 'Apache-2.0', 'ISC', '0BSD', 'BSD-3-Clause', 'BlueOak-1.0.0'];
/** Of tools that are run and never passed on: its terms are about passing on. */
const forDeveloping = [...permissive, 'MPL-2.0'];

/** Whether an SPDX expression leaves a choice of one of these. */
function allows(expression: string, licences: readonly string[]): boolean {
  return expression
    .replaceAll(/[()]/g, '')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((licence) => licences.includes(licence)));
}

function installedBytes(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sum + (entry.name === 'node_modules' ? 0 : installedBytes(path));
    return sum + (entry.isFile() ? statSync(path).size : 0);
  }, 0);
}

describe('docs/dependencies.md', () => {
  it('has a row for every runtime dependency, with the version that is pinned', () => {
    expect(Object.fromEntries(rows.map(({ name, version }) => [name, version]))).toEqual(
      project.dependencies,
    );
  });

  it.each(rows)("tells $name's licence and size as they are installed", ({ name, licence, size }) => {
    const folder = join(projectRoot, 'node_modules', name);
    const { license } = z
      .looseObject({ license: z.string() })
      .parse(readJson('node_modules', name, 'package.json'));
    expect(licence).toBe(license);
    // What esbuild installs depends on the machine.
    if (name !== 'esbuild') expect(size).toBeCloseTo(installedBytes(folder) / 1e6, 0);
  });

  it('names every dependency for developing', () => {
    for (const name of Object.keys(project.devDependencies)) expect(page).toContain(`\`${name}\``);
  });
});

describe('dependencies', () => {
  it('are pinned to one version each, so that nothing changes by itself', () => {
    for (const version of Object.values({ ...project.dependencies, ...project.devDependencies }))
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('are all in the lockfile with a checksum, but for those that come inside another', () => {
    expect(locked.length).toBeGreaterThan(100);
    const unchecked = locked.filter(([, { integrity, inBundle }]) => integrity === undefined && !inBundle);
    expect(unchecked).toEqual([]);
  });

  it('run nothing when they are installed, but for the one that the page names', () => {
    const scripted = locked.filter(([, { hasInstallScript }]) => hasInstallScript === true);
    expect(scripted.map(([path]) => path)).toEqual(['node_modules/esbuild']);
    expect(page).toContain('Only `esbuild` has an install script');
  });

  it('have licences that we can take, down to the last one', () => {
    const refused = locked.filter(
      ([, { license, dev }]) => !allows(license ?? 'none', dev === true ? forDeveloping : permissive),
    );
    expect(refused).toEqual([]);
  });

  it('carry in their packages the licence that the lockfile says', () => {
    const told = z.looseObject({ license: z.string() });
    const others = locked.flatMap(([path, { license }]) => {
      // Packages for other systems are in the lockfile and not installed.
      if (!existsSync(join(projectRoot, path, 'package.json'))) return [];
      const installed = told.parse(readJson(path, 'package.json')).license;
      return installed === license ? [] : [{ path, installed, license }];
    });
    expect(others).toEqual([]);
  });

  it('are all in the bill of materials that a release carries, with their licences', () => {
    const text = execFileSync(
      'npm',
      ['sbom', '--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=application'],
      { cwd: projectRoot, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
    );
    const component = z.looseObject({
      name: z.string(),
      version: z.string(),
      licenses: z.array(z.unknown()).min(1),
    });
    const { components } = z
      .looseObject({ bomFormat: z.literal('CycloneDX'), components: z.array(component) })
      .parse(JSON.parse(text));
    const named = components.map(({ name, version }) => `${name}@${version}`);
    const wanted = Object.entries({ ...project.dependencies, ...project.devDependencies });
    expect(named).toEqual(expect.arrayContaining(wanted.map(([name, version]) => `${name}@${version}`)));
  });
});
