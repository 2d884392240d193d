import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../lib/config.ts';

const run = (...args: readonly string[]) =>
  spawnSync(process.execPath, args, { cwd: projectRoot, encoding: 'utf8' });

describe('a suite that needs what is not there', () => {
  it('is skipped with a notice among the tests’ output, and with one at the end of CI', () => {
    const dir = mkdtempSync(join(tmpdir(), 'connector-skipped-'));
    try {
      const report = join(dir, 'report.json');
      const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
      const tests = ['--root', 'test/fixtures/absent-tool', ...reporters];
      const { status, stdout, stderr } = run('node_modules/vitest/vitest.mjs', 'run', ...tests);
      const notice = 'a suite without its tool (not run: tool is not on the PATH)';
      expect({ status, output: `${stdout}${stderr}` }).toEqual({
        status: 0,
        output: expect.stringContaining(notice),
      });
      expect(run('.ci/summary.mjs', report).stdout).toBe(`ci: ${notice}\n1 passed, 0 failed, 1 skipped\n`);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it('is skipped by describeWhere and in no other way', () => {
    const skipping = readdirSync(join(projectRoot, 'test'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .filter((file) =>
        /\b(skipIf|runIf|describe\.skip)\(/.test(readFileSync(join(projectRoot, 'test', file), 'utf8')),
      );
    expect(skipping).toEqual([join('support', 'describe-where.ts')]);
  });
});
