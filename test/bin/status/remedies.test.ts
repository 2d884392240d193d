import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findRemedy, remedies } from '../../../bin/status/remedies/find-remedy.ts';
import { otherRemedy } from '../../../bin/status/remedies/own-remedies.ts';
import type { RemedyContext } from '../../../bin/status/remedies/remedy.ts';
import { ConfigError, describeError } from '../../../functions/shared/errors.ts';
import { unreachable } from '../../../functions/shared/reachable-windows.ts';
import { sourceSchema } from '../../../functions/shared/source-settings.ts';
import { projectRoot } from '../../../lib/config.ts';
import { runbookSections } from '../../support/runbook.ts';

/** First arguments of the errors that end as dead letters, as the functions' code has them. */
const firstArguments = readdirSync(join(projectRoot, 'functions'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && name !== join('shared', 'errors.ts'))
  .flatMap((name) => [
    ...readFileSync(join(projectRoot, 'functions', name), 'utf8').matchAll(
      /(?:new (?:Retryable|Terminal|Connector)Error\(|\bretry\()\s*([^,()]+?)\s*[,)]/g,
    ),
  ])
  .map(([, argument = '']) => argument);
const isLiteral = (argument: string) => /^'[a-z_]+'$/.test(argument);

/** What stands in the code in place of a code's text, and which codes it can be. */
const spelled: Readonly<Record<string, readonly string[]>> = {
  "message.type === 'confirm' ? 'batch_failed' : 'delivery_failed'": ['batch_failed', 'delivery_failed'],
  '`timestamps_${decision}`': ['timestamps_unknown', 'timestamps_mixed'],
  tooLargeCode: ['window_too_large'],
  stalledCode: ['batch_stalled'],
  newerFormat: ['newer_format'],
  tooLargeObject: ['object_too_large'],
  unreadableBackfill: ['backfill_unreadable'],
  /** An error made again with the same code. */
  code: [],
};
/** `ConfigError` has the one, and SQS moves messages without any. */
const others = ['config_invalid', 'none'];
const codes = new Set([
  ...firstArguments.filter(isLiteral).map((text) => text.slice(1, -1)),
  ...Object.values(spelled).flat(),
  ...others,
]);

/** Nothing helps but another try, and a report if it does not: faults of AWS, races of our own, and what no message meets. */
const general = [
  'backfill_contended',
  'backfill_ended',
  'backfill_missing',
  'forgotten_contended',
  'forgotten_meanwhile',
  'ledger_contended',
  'line_not_json',
  'manifest_taken',
  'part_not_stored',
  'part_short',
  'part_unreadable',
  'plan_contended',
  'run_contended',
  'superseded_unreadable',
  'temporary_storage',
  'unexpected',
  'upload_sizes_contended',
  'watch_contended',
];

const context: RemedyContext = {
  settings: sourceSchema.parse({
    id: 'shop',
    mixpanel: { projectId: 7, region: 'eu', timezone: 'Europe/Madrid' },
    platform: { orgId: 'ORG', sandbox: 'dev', datasetId: '65f0', schemaId: 's', tenant: 't' },
  }),
  secrets: { mixpanel: 'Stack/shop/mixpanel', platform: 'Stack/shop/platform' },
  bucket: 'archive',
  configFile: 'my.json',
  mappingFile: 'my-mapping.json',
  command: (text) => `connector ${text}`,
};
const remedyOf = (code: string | undefined, reason: string, body?: string) =>
  findRemedy({ code, reason, body }, context);

describe('the table of remedies', () => {
  it('knows all codes that the functions can raise, or leaves them to the general advice on purpose', () => {
    expect([...new Set(firstArguments.filter((argument) => !isLiteral(argument)))].sort()).toEqual(
      Object.keys(spelled).sort(),
    );
    expect(codes.size).toBeGreaterThan(50);
    expect([...codes].filter((code) => !Object.hasOwn(remedies, code)).sort()).toEqual(general);
    expect(Object.keys(remedies).filter((code) => !codes.has(code))).toEqual([]);
  });

  it('has the codes that the runbook has, in the tables of both kinds of dead letters', () => {
    const sections = runbookSections();
    const rows = ['window-dead-letters', 'load-dead-letters'].flatMap((name) => [
      ...(sections.get(name) ?? '').matchAll(/^\| ((?:`\w+` ?)+)\|/gm),
    ]);
    const inRunbook = new Set(rows.flatMap(([, cell = '']) => cell.match(/\w+/g) ?? []));
    expect([...inRunbook].sort()).toEqual(Object.keys(remedies).sort());
  });

  it.each([...codes, undefined, 'toString'])(
    'says of %s what is wrong in a sentence, and what to do',
    (code) => {
      const { what, mend, notes = [] } = remedyOf(code, 'reading something: it is not right');
      expect(what).toMatch(/^[A-Z].*[.:}]$|^A message/);
      for (const step of [...mend, ...notes]) expect(step).not.toMatch(/undefined|\bnull\b|NaN/);
    },
  );

  it('says the same however often it was tried', () => {
    const words = 'batch 01HX was not ingested within a day';
    expect(remedyOf('batch_stalled', words).mend.join(' ')).toContain('why the batch 01HX does not end');
    for (const code of codes)
      expect(remedyOf(code, `after 3 tries: ${words}`)).toEqual(remedyOf(code, words));
  });

  it('falls to the general advice for a code that it has not', () => {
    expect(remedyOf('toString', 'x')).toEqual(
      otherRemedy({ code: 'toString', reason: 'x', body: undefined }),
    );
  });
});

describe('a remedy', () => {
  const account = '(service account "a.mp" in secret Stack/shop/mixpanel)';
  it.each([
    [
      'the credential is good in us and not known in eu: set mixpanel.region to "us" and deploy',
      '"us"',
      'region',
      true,
    ],
    ['no region of eu, us knows it: the credential is wrong', 'mistyped', 'put-secret-value', false],
    ['refused in eu; us gave no answer', 'mistyped', 'doctor --no-query', false],
    [
      'the credential is good, and may not open project 7 but 8, 9: correct mixpanel.projectId, or add the account to the project',
      'it may open: 8, 9',
      'projectId',
      true,
    ],
    [
      'the credential is good and may see the project: its role must allow to export',
      'role',
      'Consumer',
      false,
    ],
  ])('of a refused login goes by what Mixpanel said: %s', (why, what, step, deploys) => {
    const remedy = remedyOf('mixpanel_auth', `exporting window 2026-03-08: HTTP 401: no ${account}; ${why}`);
    expect(remedy.what).toContain(what);
    expect(remedy.mend.join('\n')).toContain(step);
    expect(remedy.mend.join('\n').includes('npx cdk deploy')).toBe(deploys);
  });

  it.each([
    [
      'the credential has no product profile in organisation ORG, or platform.orgId is wrong',
      'product profile',
    ],
    ['clientId in the Platform secret is not a valid API key', 'Stack/shop/platform'],
    [
      'check clientId and clientSecret in the Platform secret and the scopes in the configuration',
      'Stack/shop/platform',
    ],
    ['set platform.scopes to those that the credential shows in the Developer Console', 'scopes'],
    ['the token did not arrive: check the proxy that platform.baseUrl names', 'proxy'],
    ["give the credential's role access to sandbox dev in organisation ORG", 'sandbox "dev"'],
  ])('of a refused Platform login: %s', (why, what) => {
    expect(remedyOf('platform_auth', `doing: HTTP 403: {}; ${why}`).what).toContain(what);
  });

  it.each([
    ['failed', 'took the rows and then failed them'],
    ['stalled', 'given up taking in the rows'],
    ['aborted', 'taken away in Platform by somebody: it is "aborted"'],
  ])('of a batch goes by how Platform ended it: %s', (status, what) => {
    expect(remedyOf('batch_failed', `batch 01HX ended as ${status}: no reason`).what).toContain(what);
  });

  it.each(['batch_too_large', 'window_too_large'])(
    'of a day that is too large asks anew, as what is stored stays as large: %s',
    (code) => {
      const { again, after, mend } = remedyOf(code, 'x');
      expect(again).toBe('replay');
      expect(after).toContain('new sources');
      expect(mend.at(-1)).toContain('npx cdk deploy');
    },
  );

  it('of a mapping names each rule, some at most, with the field that was probably meant', () => {
    const problem = (rule: number) =>
      `rule ${rule} (a.nmae): the schema has no field "nmae" in a, but URL, name`;
    const reason = `the mapping does not fit the schema s: - ${[1, 2, 3, 4, 5, 6].map(problem).join(' - ')}`;
    const { notes = [] } = remedyOf('config_invalid', reason);
    expect(notes[0]).toBe('Rule 1 (a.nmae): the schema has no field "nmae" in a; did you mean "name"?');
    expect(notes).toHaveLength(5 + 1 + 1);
    expect(notes[5]).toBe('… and 1 more');
  });

  it('of a secret says whether it is empty or has another form, and never what is in it', () => {
    const read = 'reading the secret Stack/shop/platform:';
    expect(remedyOf('config_invalid', `${read} it has no value yet; fill it`).what).toContain('is empty');
    expect(remedyOf('config_invalid', `${read} clientId: must be filled`).what).toContain('has not the form');
  });

  it('of a message that came before its day does not say that it stays what it is', () => {
    const notes = (from: string, to: string) => {
      const problems = unreachable(from, to, Date.parse('2026-03-08T12:00:00Z'), ['UTC']);
      const { message } = new ConfigError('reading a window message', problems);
      return remedyOf('config_invalid', describeError(new Error(message)), '{}').notes?.at(-1);
    };
    const early = 'Sending it back does not help before that day has begun. Nothing waits for it.';
    expect(notes('2026-03-09', '2026-03-09')).toBe(early);
    expect(notes('2026-03-01', '2026-03-09')).toBe(early);
    const never = 'Sending it back does not help, as it stays what it is. Nothing waits for it.';
    expect(notes('2010-03-01', '2010-03-09')).toBe(never);
    expect(notes('2010-03-01', '2026-03-09')).toBe(never);
  });

  it('of a message shows its begin, and nothing that would end our line', () => {
    const { what } = remedyOf(
      'config_invalid',
      'reading a window message: no',
      `a\nAll is well.${'x'.repeat(500)}`,
    );
    expect(what.length).toBeLessThan(250);
    expect(what).toContain('a\\x0aAll is well.');
  });

  it('suggests no command with what somebody else has written into a reason', () => {
    const steps = (key: string) =>
      remedyOf('object_too_large', `reading ${key}: it has 17 MiB`).mend.join('');
    for (const key of ['x;reboot', 'state/source=shop/schema.json;reboot', 'state/source=shop/../reboot'])
      expect(steps(key)).not.toMatch(/rm s3|;reboot/);
  });
});
