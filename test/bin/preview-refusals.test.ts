import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../lib/config.ts';
import { openPreviewFolder } from '../support/preview-command.ts';

const { write, preview, previewJson, close } = openPreviewFolder();
afterAll(close);

const example: unknown = JSON.parse(readFileSync(join(projectRoot, 'connector.config.example.json'), 'utf8'));
const rules = write('rules.json', [{ source: 'a', destination: 'x.n' }]);

/** The call has to be refused: exit code 2, a message without a stack trace, nothing on standard output. */
function refusal(args: readonly string[]): string {
  const { status, stdout, stderr } = preview(args, '{}\n');
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).not.toContain('    at ');
  return stderr;
}

describe('connector preview --check', () => {
  const integers = write('integers.json', [
    { sourceType: 'EXPRESSION', source: 'to_integer(a)', destination: 'n' },
  ]);

  it('ends with 1 on any error of a rule, and with 0 without one', () => {
    const args = ['--mapping', integers, '--raw', '--check'];
    const { status, stderr } = preview(args, '{"a":1}\n{"a":"z"}\n');
    expect(status).toBe(1);
    expect(stderr).toBe('connector: of 2 records, 1 have errors and 0 are rejected\n');
    expect(preview(args, '{"a":1}\n')).toMatchObject({ status: 0, stderr: '' });
  });

  it('ends with 1 on any rejection, which is no failure otherwise', () => {
    const line = '{"event":"X","properties":{}}\n';
    expect(preview(['--mapping', integers, '--check'], line).status).toBe(1);
    expect(preview(['--mapping', integers], line).status).toBe(0);
  });
});

describe('connector preview refuses', () => {
  it('a call without a mapping set, and options that are wrong, all at once', () => {
    expect(refusal([])).toContain("required option '--mapping <file>' not specified");
    const text = refusal(['--mapping', rules, '--raw', '--timestamps', 'local', '--tenant', '_acme']);
    expect(text).toContain('--timestamps: found "local"; must be utc or project');
    expect(text).toContain(
      '--tenant: found "_acme"; must be the tenant\'s name without the leading underscore',
    );
    expect(refusal(['--mapping', rules, '--raw', '--timezone', 'UTC'])).toContain('leave it out with --raw');
    expect(refusal(['--mapping', rules, '--timestamps', 'project'])).toContain('--timezone: found nothing');
  });

  it('files that are not there', () => {
    expect(refusal(['--mapping', 'absent.json'])).toContain('--mapping: found "absent.json"; must be a file');
    expect(refusal(['--mapping', rules, '--schema', 'absent.json'])).toContain(
      '--schema: found "absent.json"',
    );
    expect(refusal(['--mapping', rules, '--input', 'absent'])).toContain('--input: found "absent"');
    expect(refusal(['--mapping', rules, '--input', '.'])).toContain('--input: found "."');
  });

  it('a mapping set that does not parse, with every rule and place', () => {
    const set = write('bad.json', [
      { sourceType: 'EXPRESSION', source: 'iif(', destination: 'x' },
      { sourceType: 'EXPRESSION', source: 'uper(a)', destination: 'y' },
    ]);
    const text = refusal(['--mapping', set, '--raw']);
    expect(text).toContain('the mapping set bad.json is not usable');
    expect(text).toContain('rule 1 (x)');
    expect(text).toContain('did you mean "upper"?');
  });
});

describe('the tenant of a preview', () => {
  const set = write('tenant.json', [{ source: 'event', destination: `_$\{TENANT}.event` }]);
  const record = '{"event":"X"}';

  it('is a placeholder when nothing names one', () => {
    const { lines } = previewJson(['--mapping', set, '--raw'], record);
    expect(lines[0]?.output).toEqual({ _tenant: { event: 'X' } });
  });

  it('comes from an option, or from the one source of a configuration that is named', () => {
    const config = write('other.json', example);
    const rows = [
      previewJson(['--mapping', set, '--raw', '--tenant', 'mine'], record),
      previewJson(['--mapping', set, '--raw', '--config', config], record),
    ];
    expect(rows.map(({ lines }) => lines[0]?.output)).toEqual([
      { _mine: { event: 'X' } },
      { _yourtenant: { event: 'X' } },
    ]);
    expect(refusal(['--mapping', set, '--config', config, '--source', 'nope'])).toContain(
      '--source: found "nope"; must be one of ',
    );
  });

  it('comes from the configuration that lies there when nothing else gives it', () => {
    write('connector.config.json', example);
    const { lines } = previewJson(['--mapping', set, '--raw'], record);
    expect(lines[0]?.output).toEqual({ _yourtenant: { event: 'X' } });
  });
});
