import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../lib/config.ts';
import { configOf, kmsKeyArn, sourceInput, synthesise } from './synth-stack.ts';

const isThere = (process.env.PATH ?? '')
  .split(delimiter)
  .some((folder) => existsSync(join(folder, 'cfn-lint')));

/** What CI's own run does not see, which lints the example's stack. */
const config = configOf({
  staticEgress: true,
  staticEgressFamily: 'dualstack',
  alarmEmail: 'team@example.com',
  archive: { kmsKeyArn, accessLog: true },
  sources: [sourceInput('shop', { privacy: { hash: ['$email'] } })],
});

describe(isThere ? 'cfn-lint' : 'cfn-lint (not run: it is not on the PATH)', () => {
  it.runIf(isThere)(
    'has nothing to say of the stack with everything switched on',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'connector-lint-'));
      try {
        const file = join(folder, 'stack.json');
        writeFileSync(file, JSON.stringify(synthesise(config).template));
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
    },
    120_000,
  );
});
