import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findRemedy } from '../../../bin/status/remedies/find-remedy.ts';
import { keyOfUnreadable } from '../../../bin/status/remedies/stored-remedies.ts';
import { ConfigError, describeError } from '../../../functions/shared/errors.ts';
import * as objectKeys from '../../../functions/shared/object-keys.ts';
import { sandboxOf } from '../../../functions/shared/platform/guardrails.ts';
import { sourceSchema } from '../../../functions/shared/source-settings.ts';
import { projectRoot } from '../../../lib/config.ts';

const settings = sourceSchema.parse({
  id: 'shop',
  mixpanel: { projectId: 7 },
  platform: { orgId: '0123@AdobeOrg', sandbox: 'prod', datasetId: 'd', schemaId: 's', tenant: 't' },
});
const context = {
  settings,
  secrets: { mixpanel: 'Stack/shop/mixpanel', platform: 'Stack/shop/platform' },
  ...{ bucket: 'archive', configFile: 'my.json', mappingFile: 'my-mapping.json' },
  command: (text: string) => `connector ${text}`,
};

const run = { source: 'shop', date: '2026-03-08', run: '20260309T033000123Z-1f2e3d4c' };
const delivery = '20260309T033105000Z-9a8b7c6d';

/** `delete`: it is made anew without loss. `keep`: it is not. `again`: another attempt makes one of its own. */
const kept: Readonly<Record<string, readonly [key: string, fate: 'delete' | 'keep' | 'again']>> = {
  ledgerKey: [objectKeys.ledgerKey(run), 'keep'],
  forgottenKey: [objectKeys.forgottenKey('shop'), 'keep'],
  forgetRecordKey: [objectKeys.forgetRecordKey('shop', '1f2e3d4c5b6a7988'), 'keep'],
  backfillKey: [objectKeys.backfillKey({ source: 'shop', request: '6f1c2c0e' }), 'keep'],
  /** It knows since when the source is deployed. */
  sourceWatchKey: [objectKeys.sourceWatchKey('shop'), 'keep'],
  manifestKey: [objectKeys.manifestKey(run), 'delete'],
  slicePlanKey: [objectKeys.slicePlanKey(run), 'delete'],
  timestampsKey: [objectKeys.timestampsKey('shop'), 'delete'],
  schemaKey: [objectKeys.schemaKey('shop'), 'delete'],
  digestsKey: [objectKeys.digestsKey('shop'), 'delete'],
  reconciliationKey: [objectKeys.reconciliationKey('shop'), 'delete'],
  queryBudgetKey: [objectKeys.queryBudgetKey('7'), 'delete'],
  deliveryBudgetKey: [objectKeys.deliveryBudgetKey(sandboxOf(settings)), 'delete'],
  partKey: [objectKeys.partKey(run, 0), 'again'],
  supersededKey: [objectKeys.supersededKey(run), 'again'],
  propertyReportKey: [objectKeys.propertyReportKey(run), 'again'],
  rejectedKey: [objectKeys.rejectedKey(run, 0), 'again'],
  refusedKey: [objectKeys.refusedKey(run), 'again'],
  uploadCheckpointKey: [objectKeys.uploadCheckpointKey(run, delivery, 0), 'again'],
  uploadProgressKey: [objectKeys.uploadProgressKey(run, delivery, 0), 'again'],
  uploadSizesKey: [objectKeys.uploadSizesKey(run, delivery), 'again'],
  slicedRunKey: [objectKeys.slicedRunKey(run), 'again'],
  sliceCheckpointKey: [objectKeys.sliceCheckpointKey(run, '2-0'), 'again'],
  sliceSupersededKey: [objectKeys.sliceSupersededKey(run, '2-0', 3), 'again'],
};

const remedyOf = (code: string, reason: string) => findRemedy({ code, reason, body: undefined }, context);
const asStored = (act: string) => describeError(new ConfigError(act, ['version: found 0; must be 1']));

describe('an object in the archive that can not be read', () => {
  it('is of a kind that is known here', () => {
    const makers = Object.keys(objectKeys).filter(
      (name) => /Key$/.test(name) && !/Of(?:[A-Z]\w*)?Key$/.test(name),
    );
    expect(Object.keys(kept).sort()).toEqual(makers.sort());
  });

  it.each(
    Object.entries(kept).flatMap(([name, [key, fate]]) => [
      { name, key, fate, code: 'config_invalid', reason: asStored(`reading something ${key}`) },
      { name, key, fate, code: 'config_invalid', reason: `after 10 tries: ${asStored(`reading ${key}`)}` },
      { name, key, fate, code: 'object_too_large', reason: `reading ${key}: it has 17 MiB` },
      { name, key, fate, code: 'object_too_large', reason: `after 10 tries: reading ${key}: it has 17 MiB` },
    ]),
  )(
    'is deleted only where it is made anew without loss: $name, $code, $reason',
    ({ key, fate, ...failure }) => {
      const { mend, again } = remedyOf(failure.code, failure.reason);
      const text = mend.join('\n');
      expect(text).not.toMatch(/my\.json|undefined/);
      if (fate === 'again') return expect([mend, again]).toEqual([[], 'replay']);
      if (fate === 'delete')
        return expect(text).toMatch(new RegExp(`^Delete it; .*\naws s3 rm s3://archive/${key}$`));
      expect(text).toMatch(new RegExp(`^Put ${key} back as it was, .* Never delete it[.:]`));
      return expect(text).not.toMatch(/Delete|rm s3/);
    },
  );

  it('is kept whatever becomes of it that is of another source, or has a key like none of ours', () => {
    const { source: _, ...ofDay } = run;
    const other = { ...ofDay, source: 'other' };
    for (const key of [
      objectKeys.manifestKey(other).replace('raw/', 'state/'),
      objectKeys.slicePlanKey(other),
      objectKeys.queryBudgetKey('8'),
      'state/source=shop/slices/../forgotten.json',
      'state/source=shop/of-a-later-release.json',
    ])
      expect(remedyOf('object_too_large', `reading ${key}: it has 17 MiB`).mend.join()).toMatch(
        /Never delete it\.$/,
      );
  });

  it('says of the list of the forgotten, and of a ledger, what would be lost with it', () => {
    const text = (name: string) =>
      remedyOf('config_invalid', asStored(`reading what ${kept[name]?.[0]}`)).mend.join('');
    expect(text('forgottenKey')).toContain('people who were forgotten are exported and delivered again');
    expect(text('ledgerKey')).toContain('the day would be in Platform twice');
  });
});

/** What the code calls an object before its key, in the errors about it. */
const acts = ['functions', 'bin'].flatMap((folder) =>
  readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(projectRoot, folder, name), 'utf8'))
    .flatMap((text) => [
      ...(/from '[./\w-]*stored-json\.ts'/.test(text)
        ? [...text.matchAll(/\bwhat: (['"])(.+?)\1/g)].map(([, , what = '']) => `reading ${what} `)
        : []),
      ...[...text.matchAll(/`(reading [^`$]*)\$\{(?:\w*[kK]ey|\w+Key\([^`]*?\))\}/g)].map(
        ([, act = '']) => act,
      ),
    ]),
);

it('is told from the configuration by every name that the code has for one', () => {
  expect(acts).toEqual(
    expect.arrayContaining([
      'reading the sliced run ',
      'reading the slice ',
      'reading the query budget ',
      'reading the manifest ',
      'reading ',
    ]),
  );
  expect(acts).toEqual(
    expect.arrayContaining([
      "reading the sizes of a delivery's uploads ",
      'reading the list of the forgotten ',
    ]),
  );
  const key = 'state/source=shop/any.json';
  expect(acts.filter((act) => keyOfUnreadable(asStored(act + key)) !== key)).toEqual([]);
  for (const act of [
    'reading a window message',
    'reading the secret raw/x',
    'reading the schema https://ns/raw/x',
  ])
    expect(keyOfUnreadable(asStored(`${act}: reading ${key}`))).toBeUndefined();
});
