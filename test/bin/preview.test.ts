import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { openPreviewFolder } from '../support/preview-command.ts';

const { write, preview, previewJson, readFirst, close } = openPreviewFolder();
afterAll(close);

const rules = write('rules.json', [
  { sourceType: 'ATTRIBUTE', source: 'name', destination: 'person.name' },
  { sourceType: 'EXPRESSION', source: 'explode(tags)', destination: 'tags' },
  { sourceType: 'EXPRESSION', source: 'to_integer(age)', destination: 'age' },
]);

describe('connector preview --raw', () => {
  it('gives one line for each record, the record being the whole source object', () => {
    const input = '{"name":"Ann","tags":"a,,b"}\n\n{"name":"Bob","age":"old"}\n[1]';
    const { status, lines, stderr } = previewJson(['--mapping', rules, '--raw'], input);
    expect(lines).toEqual([
      { output: { person: { name: 'Ann' }, tags: ['a', '', 'b'] }, errors: [], rejected: [] },
      {
        output: { person: { name: 'Bob' } },
        errors: [{ rule: 2, destination: 'age', message: 'the text is not a number' }],
        rejected: [],
      },
      { output: {}, errors: [], rejected: [] },
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('takes null operands and unknown fields for errors with --strict', () => {
    const sums = write('sums.json', [{ sourceType: 'EXPRESSION', source: 'age + 1', destination: 'age' }]);
    expect(previewJson(['--mapping', sums, '--raw'], '{}').lines).toEqual([
      { output: { age: 1 }, errors: [], rejected: [] },
    ]);
    const message = 'the record has no such field';
    expect(previewJson(['--mapping', sums, '--raw', '--strict'], '{}').lines).toEqual([
      { output: {}, errors: [{ rule: 0, destination: 'age', message }], rejected: [] },
    ]);
  });

  it('names a line that is no JSON by its number alone, goes on, and ends with 1', () => {
    const input = '\uFEFF{"name":"Ann"}\r\n{"name": "secret\n{"name":"Bob"}\n';
    const { status, lines, stdout, stderr } = previewJson(
      ['--mapping', rules, '--raw', '--input', '-'],
      input,
    );
    expect(lines.map(({ output }) => output)).toEqual([
      { person: { name: 'Ann' } },
      null,
      { person: { name: 'Bob' } },
    ]);
    expect(lines[1]).toMatchObject({ errors: [], rejected: [{ path: '', reason: 'line 2: it is no JSON' }] });
    expect(stderr).toBe('line 2: it is no JSON\nconnector: 1 line is no record\n');
    expect(stdout + stderr).not.toContain('secret');
    expect(status).toBe(1);
  });

  it('keeps integers beyond 2^53 whole, before and after', () => {
    const input = '{"name":12345678901234567890}';
    expect(preview(['--mapping', rules, '--raw', '--json'], input).stdout).toContain('12345678901234567890');
    const { stdout } = preview(['--mapping', rules, '--raw'], input);
    expect(stdout.match(/"name": 12345678901234567890\n/g)).toHaveLength(2);
  });

  it('ends quietly when nobody reads any more, though its input goes on', async () => {
    const { status, stdout, stderr } = await readFirst(['--mapping', rules, '--raw'], '{"name":"Ann"}');
    expect(stdout).toContain('"name": "Ann"');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('reads a gzipped input, and says when it is cut short', () => {
    const whole = gzipSync('{"name":"Ann"}\n'.repeat(3));
    const args = ['--mapping', rules, '--raw', '--input'];
    expect(previewJson([...args, write('whole.gz', whole)]).lines).toHaveLength(3);
    const { status, stderr } = preview([...args, write('cut.gz', whole.subarray(0, -9)), '--json']);
    expect(status).toBe(1);
    expect(stderr).toContain('connector: reading the input: unexpected end of file');
    expect(stderr).not.toContain('CONNECTOR_DEBUG');
  });
});

describe('connector preview of Mixpanel lines', () => {
  const event = {
    event: 'Sign Up',
    properties: { time: 1_783_641_600, distinct_id: 'u1', $insert_id: 'a1', plan: 'gold' },
  };
  const lines = `${JSON.stringify(event)}\n${JSON.stringify({ event: 'X', properties: { plan: 'free' } })}\n{"a":1}\n`;

  it('maps the record that the load would map, connector object included', () => {
    const set = write('connector.json', [
      { source: 'connector', destination: 'all' },
      { source: 'connector.id', destination: '_id' },
      { source: 'connector.timestamp', destination: 'timestamp' },
    ]);
    const key = JSON.stringify([1, 'Sign Up', 'a1', 1_783_641_600_000, 'u1']);
    const id = createHash('sha256').update(key).digest('hex').slice(0, 32);
    // Midnight in Madrid, stored as if it were UTC: two hours earlier in truth, and in the window of the wall's day.
    const args = ['--mapping', set, '--timestamps', 'project', '--timezone', 'Europe/Madrid'];
    const [row] = previewJson(args, JSON.stringify(event)).lines;
    const timestamp = '2026-07-09T22:00:00.000Z';
    expect(row).toEqual({
      output: {
        _id: id,
        timestamp,
        all: { id, timestamp, source: 'preview', projectId: '0', date: '2026-07-10', run: 'preview' },
      },
      errors: [],
      rejected: [],
    });
  });

  it('rejects what delivery would reject, and a line that is no event', () => {
    const large = JSON.stringify({ ...event, properties: { ...event.properties, text: 'x'.repeat(11_000) } });
    const args = ['--mapping', 'mappings/default.json', '--tenant', 'acme'];
    const { status, lines: found } = previewJson(args, `${lines}${large}\n`);
    expect(found[0]?.output).toMatchObject({ _acme: { mixpanel: { properties: { plan: 'gold' } } } });
    expect(found.slice(1).map(({ output }) => output)).toEqual([null, null, null]);
    expect(found.slice(1).map(({ rejected }) => rejected)).toEqual([
      [{ path: 'timestamp', reason: 'the required field has no value' }],
      [{ path: '', reason: expect.stringContaining('line 3: it is no Mixpanel event') }],
      [{ path: '', reason: expect.stringMatching(/^the event has \d+ bytes; Profile drops/) }],
    ]);
    expect(status).toBe(1);
  });

  it('shows people before, after and what went wrong, and sums up what no rule reads', () => {
    const set = write('people.json', [
      { source: 'connector.id', destination: '_id' },
      { source: 'connector.timestamp', destination: 'timestamp' },
      { source: 'event', destination: 'web.webPageDetails.isHomePage' },
      { source: 'properties.distinct_id', destination: 'who' },
    ]);
    const { stdout } = preview(['--mapping', set, '--input', write('events.ndjson', lines)]);
    const [first = '', second = '', coverage = ''] = stdout.split(/^(?=line 2|coverage)/m);
    expect(first).toMatch(/^line 1\n {2}before\n[\s\S]*"plan": "gold"[\s\S]* {2}after\n[\s\S]*"who": "u1"/);
    expect(first).toContain('  errors\n    rule 3 (web.webPageDetails.isHomePage): the text is no boolean\n');
    expect(second).toContain('  after\n    nothing: rejected\n');
    expect(second).toContain('  rejected\n    timestamp: the required field has no value\n');
    expect(coverage).toBe(
      [
        'coverage',
        '  records: 2; mapped: 1, with errors: 2, rejected: 1',
        '  lines that are no record: 1',
        '  no rule reads by name (they are in no row)',
        '          2  plan',
        '          1  time',
        '          1  $insert_id',
        '  rules that failed',
        '          2  rule 3 (web.webPageDetails.isHomePage): the text is no boolean',
        '  rejected',
        '          1  timestamp: the required field has no value',
        '',
      ].join('\n'),
    );
  });
});
