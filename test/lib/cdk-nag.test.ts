import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { App, Validations } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import type { ConnectorConfig } from '../../lib/config.ts';
import { ConnectorStack } from '../../lib/connector-stack.ts';
import { cdkContext, configOf, everythingOn, sourceInput } from './synth-stack.ts';

const archive = '<ArchiveBucket49F1AC64.Arn>';

/** What AWS's rules object to and we keep, whatever is switched on, with the reason. */
const accepted: Readonly<Record<string, string>> = {
  'AwsSolutions-SMG4':
    'Mixpanel and Adobe issue the credentials: AWS cannot rotate them. With another privacy key hashes no longer join.',
  'AwsSolutions-IAM5[Resource::<SourceShopPlanWindowsFunctionBE79FE85.Arn>:*]':
    "The scheduler's role may start the plan function in any version.",
  ...Object.fromEntries(
    [
      'raw/source=shop/*',
      'rejected/source=shop/*',
      'ledger/source=shop/*',
      'checkpoints/source=shop/date=*/run=*',
      'checkpoints/source=shop/date=*/delivery=*',
      'state/source=shop/slices/*',
      'state/source=shop/backfills/*',
    ].map((pattern) => [
      `AwsSolutions-IAM5[Resource::${archive}/${pattern}]`,
      "Objects below the source's own prefix are named by day, run, delivery or request.",
    ]),
  ),
  [`AwsSolutions-IAM5[Resource::${archive}/raw/source=shop/*/properties.json]`]:
    'The one object of a run that loading writes, in any run.',
  [`AwsSolutions-IAM5[Resource::${archive}/state/project=999999999/*]`]:
    "Objects below the project's own prefix.",
  [`AwsSolutions-IAM5[Resource::${archive}/state/sandbox=000000000000000000000000-AdobeOrg-prod/*]`]:
    "Objects below the sandbox's own prefix.",
};

/** What they object to in addition where nothing is switched on. */
const acceptedPlain: Readonly<Record<string, string>> = {
  'AwsSolutions-S1': 'Who reads the archive is noted where archive.accessLog asks for it, which costs money.',
};

/** And where functions live in a network. */
const acceptedEgress: Readonly<Record<string, string>> = {
  'AwsSolutions-VPC7':
    'Nothing comes into this network, and what leaves it are calls that the functions log.',
  'AwsSolutions-IAM5[Resource::*]': 'EC2 knows no resources for actions that only describe.',
  'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:*/*]':
    'Network interfaces have no name before Lambda makes them; the code is denied them.',
};

/** The objections of AWS's rules, as an acknowledgement would name them. */
function objections(config: ConnectorConfig): string[] {
  const outdir = mkdtempSync(join(tmpdir(), 'connector-nag-'));
  try {
    const app = new App({ outdir, context: cdkContext(), analyticsReporting: false });
    new ConnectorStack(app, { config, codeFor: () => Code.fromInline('exports.handler = 1;') });
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    app.synth();
    return [];
  } catch (error) {
    const named = String(error).matchAll(/Acknowledge with 'AwsSolutions::(.+)'$/gm);
    return [...new Set([...named].map(([, id = '']) => id))].toSorted();
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

describe("AWS's rules for stacks", () => {
  it('find nothing in the plain stack but what is accepted here with a reason', () => {
    const config = configOf({ sources: [sourceInput('shop')] });
    expect(objections(config)).toEqual(Object.keys({ ...accepted, ...acceptedPlain }).toSorted());
  }, 60_000);

  it('find nothing with everything switched on but what is accepted here with a reason', () => {
    expect(objections(everythingOn())).toEqual(Object.keys({ ...accepted, ...acceptedEgress }).toSorted());
  }, 60_000);
});
