import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from '../../lib/config.ts';
import { describeWhere } from '../support/describe-where.ts';
import { isOnPath } from '../support/on-path.ts';
import { everythingOn, synthesise } from './synth-stack.ts';

// CI's own run lints the example's stack, which has not all of it.
describeWhere('cfn-lint', { found: isOnPath('cfn-lint'), otherwise: 'it is not on the PATH' }, () => {
  it('has nothing to say of the stack with everything switched on', () => {
    const folder = mkdtempSync(join(tmpdir(), 'connector-lint-'));
    try {
      const file = join(folder, 'stack.json');
      writeFileSync(file, JSON.stringify(synthesise(everythingOn()).template));
      const { stdout, stderr, status } = spawnSync(
        'cfn-lint',
        ['--config-file', join(projectRoot, '.cfnlintrc'), '--', file],
        { cwd: folder, encoding: 'utf8' },
      );
      expect(`${stdout}${stderr}`).toBe('');
      expect(status).toBe(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 120_000);
});
