import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../functions/shared/errors.ts';
import { loadConfig, parseConfig, projectRoot } from '../../lib/config.ts';
import { sourceInput } from './synth-stack.ts';

const folder = mkdtempSync(join(tmpdir(), 'connector-config-'));
const mapping = join(folder, 'own.json');
writeFileSync(mapping, '[{"sourceType":"ATTRIBUTE","source":"event","destination":"eventType"}]');
writeFileSync(
  join(folder, 'broken.json'),
  '[{"sourceType":"EXPRESSION","source":"concat(","destination":"eventType"}]',
);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const source = (id: string, change: Record<string, unknown> = {}) =>
  sourceInput(id, { mapping: 'own.json', ...change });

function problemsOf(value: unknown): readonly string[] {
  try {
    parseConfig(typeof value === 'string' ? value : JSON.stringify(value), 'reading the test', folder);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('reading the configuration', () => {
  it.each<[string, unknown, RegExp]>([
    ['text that is not JSON', '{', /not JSON/],
    ['no source', { sources: [] }, /^sources: found \[\]; must have 1 to 20 sources/],
    ['21 sources', { sources: Array.from({ length: 21 }, (_, i) => source(`s-${i}`)) }, /1 to 20/],
    ['an unknown key', { sources: [source('a')], stackname: 'X' }, /^stackname: unknown key/],
    [
      'an unknown key of a source',
      { sources: [source('a', { platform: { datasetID: 'x' } })] },
      /^sources\[0\]\.platform\.datasetID: unknown key/,
    ],
    ['a wrong type', { sources: [source('a')], staticEgress: 'yes' }, /^staticEgress: found "yes"/],
    ['a stack name with a dot', { sources: [source('a')], stackName: 'a.b' }, /^stackName: found "a\.b"/],
    ['a source id in capitals', { sources: [source('Shop')] }, /^sources\[0\]\.id: found "Shop"/],
    [
      'two sources of one id',
      { sources: [source('a'), source('a')] },
      /^sources\[1\]\.id: .*sources\[0\] has the same/,
    ],
    [
      'ids that outputs cannot tell apart',
      { sources: [source('shop-1'), source('shop1')] },
      /^sources\[1\]\.id: .*an id that outputs also call Shop1/,
    ],
    [
      'two sources of one id beside another mistake',
      { sources: [source('a'), source('a')], stackName: 1 },
      /^sources\[1\]\.id: .*sources\[0\] has the same/m,
    ],
    [
      'a project id that is none',
      { sources: [source('a', { mixpanel: { projectId: 'abc' } })] },
      /^sources\[0\]\.mixpanel\.projectId: found "abc"; must be a project id: a positive whole number or its digits/,
    ],
    [
      'a delivery that is not there',
      { sources: [source('a', { platform: { delivery: 'stream' } })] },
      /^sources\[0\]\.platform\.delivery: found "stream"; must be one of batch, streaming/,
    ],
    [
      'streaming without an inlet',
      { sources: [source('a', { platform: { delivery: 'streaming' } })] },
      /^sources\[0\]\.platform\.inletUrl: found nothing; must be set with delivery streaming/,
    ],
    [
      'dropping what tells records apart',
      { sources: [source('a', { privacy: { drop: ['$insert_id'] } })] },
      /^sources\[0\]\.privacy\.drop\[0\]: found "\$insert_id"; must not be one of time, \$insert_id/,
    ],
    [
      'an unknown time zone',
      { sources: [source('a', { mixpanel: { timezone: 'Mars/Base' } })] },
      /^sources\[0\]\.mixpanel\.timezone: found "Mars\/Base"; allowed is/,
    ],
    [
      'a host that would get credentials in clear',
      { sources: [source('a', { mixpanel: { baseUrl: 'http://example.com' } })] },
      /^sources\[0\]\.mixpanel\.baseUrl: .*https/,
    ],
    [
      'a mapping set that is not there',
      { sources: [source('a', { mapping: 'none.json' })] },
      /^sources\[0\]\.mapping: found ".*none\.json"/,
    ],
    [
      'a mapping set with a rule that makes no sense',
      { sources: [source('a', { mapping: 'broken.json' })] },
      /^sources\[0\]\.mapping: .*broken\.json: rule 1 \(eventType\)/,
    ],
    [
      'the name of a secret that is a pattern',
      { sources: [source('a', { platform: { secretName: 'team/*' } })] },
      /^sources\[0\]\.platform\.secretName: found "team\/\*"; must be the name of an existing secret/,
    ],
    [
      "a key's secret that is named by its ARN",
      {
        sources: [source('a', { privacy: { keySecretName: 'arn:aws:secretsmanager:eu-west-1:1:secret:s' } })],
      },
      /^sources\[0\]\.privacy\.keySecretName: found "arn:.*no ARN/,
    ],
    [
      'a key that is no KMS key',
      { sources: [source('a')], archive: { kmsKeyArn: 'alias/x' } },
      /^archive\.kmsKeyArn: found "alias\/x"/,
    ],
  ])('refuses %s', (_, value, expected) => {
    expect(problemsOf(value)).toEqual(expect.arrayContaining([expect.stringMatching(expected)]));
  });

  it('names everything that is wrong in one go', () => {
    const problems = problemsOf({
      stackName: '1',
      extra: true,
      sources: [source('a', { mapping: 'none.json', schedule: { at: '25:00' }, platform: { tenant: 7 } })],
    });
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(
      expect.arrayContaining([
        'stackName',
        'extra',
        'sources[0].mapping',
        'sources[0].schedule.at',
        'sources[0].platform.tenant',
      ]),
    );
  });

  it("finds a mapping set beside the configuration, and otherwise in the project's folder", () => {
    const file = join(folder, 'connector.config.json');
    const sources = [source('a'), source('b', { mapping: 'mappings/default.json' })];
    writeFileSync(file, JSON.stringify({ sources }));
    expect(loadConfig(file).sources.map((entry) => entry.mapping)).toEqual([
      mapping,
      join(projectRoot, 'mappings', 'default.json'),
    ]);
  });

  it('says what to do when there is no configuration yet', () => {
    expect(() => loadConfig(join(folder, 'missing.json'))).toThrow(/copy connector\.config\.example\.json/);
  });
});
