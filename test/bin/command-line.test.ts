import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { projectRoot } from '../../lib/config.ts';

const dir = mkdtempSync(join(tmpdir(), 'connector-cli-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function run(args: readonly string[], nodeArgs: readonly string[] = []) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...nodeArgs, join(projectRoot, 'bin/connector.js'), ...args],
    // Another folder than the project's: the command must not depend on where it is called.
    { cwd: dir, encoding: 'utf8', env: { PATH: process.env.PATH ?? '' } },
  );
  return { status, stdout, stderr };
}

describe('the connector command', () => {
  it('says which Node it needs when this one is too old', () => {
    const pretend = join(dir, 'pretend.cjs');
    writeFileSync(
      pretend,
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.4' } });",
    );
    const { status, stderr } = run(['local'], ['--require', pretend]);
    expect(status).toBe(2);
    expect(stderr).toContain('connector needs Node 20.19 or newer; this is Node 18.20.4.');
    expect(stderr).not.toContain('    at ');
  });

  it('shows its commands, and an example for each', () => {
    expect(run(['--help'])).toMatchObject({ status: 0, stdout: expect.stringContaining('local') });
    expect(run(['local', '--help'])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('$ npm start'),
    });
  });

  it('says which version it is', () => {
    const project: unknown = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
    const { version } = z.looseObject({ version: z.string().min(1) }).parse(project);
    expect(run(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('refuses a data directory that can be none', () => {
    const { status, stderr } = run(['local', '--data', join(dir, 'pretend.cjs')]);
    expect(status).toBe(2);
    expect(stderr).toContain('must be a folder that can be written, or that can be created');
  });

  it('suggests the command that was meant', () => {
    const { status, stderr } = run(['locl']);
    expect(status).toBe(2);
    expect(stderr).toContain("unknown command 'locl'\n(Did you mean local?)");
  });

  it('refuses a call without a command, and an option that it does not have', () => {
    expect(run([]).status).toBe(2);
    expect(run(['local', '--day', '3'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("unknown option '--day'\n(Did you mean --days?)"),
    });
  });

  it('shows control characters in a failure as codes, on a terminal', () => {
    const terminal = join(dir, 'terminal.cjs');
    writeFileSync(terminal, 'process.stderr.isTTY = true;');
    const { status, stderr } = run(['status', '--config', 'a\u001b[2A'], ['--require', terminal]);
    expect(status).toBe(2);
    expect(stderr).toContain('reading the configuration a\\x1b[2A');
    expect(stderr).not.toContain('\u001b');
  });

  it('names every option that is wrong at once, without a stack trace', () => {
    const { status, stderr } = run(['local', '--days', '99', '--aws-port', 'x', '--timezone', 'Mars']);
    expect(status).toBe(2);
    expect(stderr).toContain('--days: found "99"; must be a whole number from 1 to 31');
    expect(stderr).toContain('--aws-port: found "x"; must be a whole number from 1 to 65535');
    expect(stderr).toContain('--timezone: found "Mars"; must be a time zone');
    expect(stderr).not.toContain('    at ');
  });

  it('asks for a configuration and for credentials before it turns to a real vendor', () => {
    expect(run(['local', '--mixpanel']).stderr).toContain('--config: found nothing');
    const example = join(projectRoot, 'connector.config.example.json');
    const { status, stderr } = run(['local', '--mixpanel', '--platform', '--config', example]);
    expect(status).toBe(2);
    expect(stderr).toContain('for --mixpanel, set MIXPANEL_USERNAME and MIXPANEL_SECRET');
    expect(stderr).toContain('for --platform, set PLATFORM_CLIENT_ID and PLATFORM_CLIENT_SECRET');
  });

  it('names all that is wrong with a configuration, and exits with 2', () => {
    const config = join(dir, 'bad.json');
    writeFileSync(config, JSON.stringify({ sources: [{ id: 'Shop!', mixpannel: {} }] }));
    const { status, stderr } = run(['local', '--config', config]);
    expect(status).toBe(2);
    expect(stderr).toContain('sources[0].id: found "Shop!"');
    expect(stderr).toContain('sources[0].mixpannel: unknown key');
    expect(stderr).not.toContain('    at ');
  });

  it('names a mapping set that does not parse', () => {
    const mapping = join(dir, 'bad-mapping.json');
    writeFileSync(
      mapping,
      JSON.stringify({ mappings: [{ sourceType: 'EXPRESSION', source: 'iif(', destination: 'x' }] }),
    );
    const { status, stderr } = run(['local', '--mapping', mapping]);
    expect(status).toBe(2);
    expect(stderr).toContain('sources[0].mapping');
    expect(stderr).not.toContain('    at ');
  });

  it('names a configuration or a mapping set that is not there', () => {
    expect(run(['local', '--config', 'absent.json'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('absent.json'),
    });
    expect(run(['local', '--mapping', 'absent-mapping.json'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('absent-mapping.json'),
    });
  });
});
