import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { projectRoot } from '../../lib/config.ts';

const permissions = z.record(z.string(), z.enum(['read', 'write']));
const step = z.union([
  z.strictObject({ uses: z.string(), with: z.record(z.string(), z.unknown()).optional() }),
  z.strictObject({ run: z.string(), env: z.record(z.string(), z.string()).optional() }),
]);
const workflow = z.looseObject({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions,
  jobs: z.record(
    z.string(),
    z.looseObject({
      'runs-on': z.string(),
      'timeout-minutes': z.int(),
      permissions: permissions.optional(),
      steps: z.array(step).min(1),
    }),
  ),
});

const folder = join(projectRoot, '.github', 'workflows');
const workflows = readdirSync(folder).map((file) => {
  const text = readFileSync(join(folder, file), 'utf8');
  return { file, text, ...workflow.parse(parse(text)) };
});
const version = z
  .looseObject({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'))).version;

describe.each(workflows)('the workflow $file', ({ text, on, permissions: granted, jobs }) => {
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  it('pins every action to a commit, and says which version that is', () => {
    const used = [...text.matchAll(/^ *-? *uses: *(.*)$/gm)].map((match) => match[1]);
    expect(used).toHaveLength(steps.filter((one) => 'uses' in one).length);
    for (const action of used) expect(action).toMatch(/^actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('may write in the one job that makes a release, and nowhere else', () => {
    const writes = Object.entries({ workflow: granted, ...mapped(jobs) }).flatMap(([name, rights]) =>
      Object.entries(rights ?? {}).flatMap(([scope, right]) =>
        right === 'write' ? [`${name}: ${scope}`] : [],
      ),
    );
    const release = ['release: contents', 'release: id-token', 'release: attestations'];
    expect(writes).toEqual('release' in jobs ? release : []);
  });

  it('leaves no token in the checkout, and takes no text of an event into a command', () => {
    for (const one of steps) {
      if ('uses' in one && one.uses.startsWith('actions/checkout@'))
        expect(one.with).toMatchObject({ 'persist-credentials': false });
      if ('run' in one) expect(one.run).not.toContain('${{');
    }
    expect(Object.keys(on)).not.toContain('pull_request_target');
  });
});

it('a release is checked as a push is, by the same commands and for as long', () => {
  const checked = (file: string) => {
    const check = workflows.find((one) => one.file === file)?.jobs.check;
    const commands = check?.steps.flatMap((one) => ('run' in one ? [one.run] : []));
    return { commands, minutes: check?.['timeout-minutes'] };
  };
  const push = checked('ci.yml');
  expect(push).toMatchObject({ commands: expect.arrayContaining(['.ci/run']), minutes: 20 });
  expect(push.commands?.join('\n')).toMatch(/cfn-lint==[\d.]+.*moto\[server\]==[\d.]+/);
  expect(checked('release.yml')).toEqual(push);
});

function mapped(jobs: z.output<typeof workflow>['jobs']) {
  return Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, job.permissions]));
}

describe('the files of a release', () => {
  const make = (tag: string) => {
    const dir = mkdtempSync(join(tmpdir(), 'connector-release-'));
    try {
      const { status, stderr } = spawnSync(join(projectRoot, '.ci', 'release-files'), [tag, dir], {
        encoding: 'utf8',
      });
      return { status, stderr, files: readdirSync(dir) };
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  };

  it('are refused for a tag that is not the version of package.json', () => {
    expect(make('v99.0.0')).toMatchObject({
      status: 1,
      stderr: `release: the tag is v99.0.0, but package.json says ${version}\n`,
      files: [],
    });
  });
});

describe('CHANGELOG.md', () => {
  const headings = [...readFileSync(join(projectRoot, 'CHANGELOG.md'), 'utf8').matchAll(/^## (.+)$/gm)].map(
    (match) => match[1] ?? '',
  );

  it('has a section for what is not released yet, or one for the version of package.json, at its top', () => {
    expect(['Unreleased', version]).toContain(headings[0]?.split(' ')[0]);
  });

  it('names releases by semantic versions, the newest first', () => {
    const released = headings
      .filter((heading) => heading !== 'Unreleased')
      .map((heading) => heading.split(' ')[0]);
    for (const one of released) expect(one).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
    expect(released).toContain(version);
    const newestFirst = released.toSorted((a = '', b = '') => b.localeCompare(a, 'en', { numeric: true }));
    expect(released).toEqual(newestFirst);
  });
});
