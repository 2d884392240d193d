import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../lib/config.ts';
import { configFileForSynth } from '../../lib/config-for-synth.ts';

const folder = mkdtempSync(join(tmpdir(), 'connector-app-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the CDK app', () => {
  it('says on standard error what is wrong with the configuration, without a stack trace, and exits with 2', () => {
    const config = join(folder, 'wrong.json');
    writeFileSync(config, '{"sources":[],"extra":1}');
    const app = spawnSync(process.execPath, ['--import', 'tsx', 'bin/app.ts'], {
      cwd: projectRoot,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, CONNECTOR_CONFIG: config, CDK_OUTDIR: join(folder, 'out') },
    });
    expect(app.stderr).toContain('extra: unknown key');
    expect(app.stderr).toContain('sources: found []');
    expect(app.stderr).not.toMatch(/^\s+at /m);
    expect(app.status).toBe(2);
  });

  it('takes the file that is named, and says so when it falls back on the example', () => {
    const notes: string[] = [];
    expect(configFileForSynth('other.json', (note) => notes.push(note))).toBe('other.json');
    expect(notes).toEqual([]);

    const cwd = process.cwd();
    process.chdir(folder);
    try {
      const file = configFileForSynth(undefined, (note) => notes.push(note));
      expect(file).toBe(join(projectRoot, 'connector.config.example.json'));
    } finally {
      process.chdir(cwd);
    }
    expect(notes).toEqual([expect.stringContaining('connector.config.example.json')]);
  });
});
