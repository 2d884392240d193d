import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projectRoot } from '../../lib/config.ts';

/** A copy of the project, as a clone has it after `npm ci`. */
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'connector-builds-'));
  for (const name of ['bin', 'lib', 'functions', 'package.json', 'package-lock.json', 'tsconfig.json'])
    cpSync(join(projectRoot, name), join(root, name), { recursive: true });
  symlinkSync(join(projectRoot, 'node_modules'), join(root, 'node_modules'), 'dir');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const builds = () => join(root, 'dist', 'command-line');

/** `connector --help` of the copy, or another option. */
async function help(variables: Readonly<Record<string, string>> = {}, option = '--help') {
  const child = spawn(process.execPath, [join(root, 'bin/connector.js'), option], {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH ?? '', ...variables },
  });
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  return { code: child.exitCode, stdout, stderr };
}

const asWritten = { code: 0, stdout: expect.stringContaining('provably complete'), stderr: '' };

/** Puts something recognisable in place of what was made. */
function markBuild(): void {
  const [key = ''] = readdirSync(builds());
  const marked = "export const main = () => process.stdout.write('what was made\\n');\n";
  writeFileSync(join(builds(), key, 'connector.mjs'), marked);
}

function changeSource(from: string, to: string): void {
  const file = join(root, 'bin', 'connector.ts');
  const source = readFileSync(file, 'utf8');
  expect(source).toContain(from);
  writeFileSync(file, source.replace(from, to));
}

describe('what the command line is started from', () => {
  it('is made once, and made anew when a source has changed', async () => {
    expect(await help()).toEqual(asWritten);
    expect(readdirSync(builds())).toHaveLength(1);
    markBuild();
    expect(await help()).toMatchObject({ stdout: 'what was made\n' });
    // For a stack trace, the sources themselves.
    expect(await help({ CONNECTOR_DEBUG: '1' })).toEqual(asWritten);
    changeSource('provably complete', 'changed just now');
    expect((await help()).stdout).toContain('changed just now');
    // And for the sources of before, what was made of them.
    changeSource('changed just now', 'provably complete');
    expect(await help()).toMatchObject({ stdout: 'what was made\n' });
  });

  it('is another after an installation of other packages', async () => {
    await help();
    markBuild();
    const lock = join(root, 'package-lock.json');
    writeFileSync(lock, `${readFileSync(lock, 'utf8')}\n`);
    expect(await help()).toEqual(asWritten);
  });

  it('is another in another version, which it tells', async () => {
    const file = join(root, 'package.json');
    const project = readFileSync(file, 'utf8');
    await help();
    writeFileSync(file, project.replace(/"version": "[^"]*"/, '"version": "98.7.6"'));
    expect(await help({}, '--version')).toEqual({ code: 0, stdout: '98.7.6\n', stderr: '' });
    expect(readdirSync(builds())).toHaveLength(2);
    expect(await help({ CONNECTOR_DEBUG: '1' }, '--version')).toMatchObject({ stdout: '98.7.6\n' });
  });

  it('is kept for the last few changes alone', async () => {
    for (let hour = 1; hour <= 7; hour += 1) {
      const old = join(builds(), `older-${hour}`);
      mkdirSync(old, { recursive: true });
      utimesSync(old, 1_700_000_000 - hour, 1_700_000_000 - hour);
    }
    await help();
    const left = readdirSync(builds());
    expect(left).toHaveLength(5);
    expect(left).toEqual(expect.arrayContaining(['older-1', 'older-2', 'older-3', 'older-4']));
  });

  it('is whole, whoever makes it at the same time', async () => {
    expect(await Promise.all([help(), help(), help()])).toEqual([asWritten, asWritten, asWritten]);
    expect(readdirSync(builds())).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/)]);
  });

  it('are the sources, where nothing can be kept', async () => {
    writeFileSync(join(root, 'dist'), 'a file where the folder would be');
    expect(await help()).toEqual(asWritten);
  });

  it('are the sources, where they do not compile: the failure names the place', async () => {
    changeSource('export function createProgram', 'export function 1');
    const { code, stderr } = await help();
    expect(code).toBe(1);
    expect(stderr).toContain(join(root, 'bin', 'connector.ts'));
  });
});
