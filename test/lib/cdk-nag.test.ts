import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { App, Validations } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { ConnectorStack } from '../../lib/connector-stack.ts';
import { cdkContext, configOf, sourceInput } from './synth-stack.ts';

const archive = '<ArchiveBucket49F1AC64.Arn>';

/** What AWS's rules object to and we keep, with the reason. */
const accepted: Readonly<Record<string, string>> = {
  'AwsSolutions-S1':
    "The account's CloudTrail records who reads the archive; a second bucket would only repeat it.",
  'AwsSolutions-VPC7':
    'Nothing comes into this network, and what leaves it are calls that the functions log.',
  'AwsSolutions-SMG4':
    'Mixpanel and Adobe issue these credentials: AWS cannot rotate them. A rotation needs no redeploy.',
  'AwsSolutions-IAM5[Resource::*]':
    'Network interfaces have no name before Lambda makes them; the code is denied them.',
  'AwsSolutions-IAM5[Resource::<SourceShopPlanWindowsFunctionBE79FE85.Arn>:*]':
    "The scheduler's role may start the plan function in any version.",
  ...Object.fromEntries(
    ['raw', 'rejected', 'ledger', 'checkpoints', 'state'].map((prefix) => [
      `AwsSolutions-IAM5[Resource::${archive}/${prefix}/source=shop/*]`,
      "Objects below the source's own prefix are named by day and run.",
    ]),
  ),
  [`AwsSolutions-IAM5[Resource::${archive}/raw/source=shop/*/properties.json]`]:
    'The one object of a run that loading writes, in any run.',
  [`AwsSolutions-IAM5[Resource::${archive}/state/project=999999999/*]`]:
    "Objects below the project's own prefix.",
  [`AwsSolutions-IAM5[Resource::${archive}/state/sandbox=000000000000000000000000-AdobeOrg-prod/*]`]:
    "Objects below the sandbox's own prefix.",
};

describe("AWS's rules for stacks", () => {
  it('find nothing in the stack, with everything switched on, but what is accepted here with a reason', () => {
    const outdir = mkdtempSync(join(tmpdir(), 'connector-nag-'));
    try {
      const app = new App({ outdir, context: cdkContext(), analyticsReporting: false });
      const config = configOf({
        staticEgress: true,
        alarmEmail: 'team@example.com',
        sources: [sourceInput('shop', { privacy: { hash: ['$email'] } })],
      });
      const stack = new ConnectorStack(app, {
        config,
        codeFor: () => Code.fromInline('exports.handler = 1;'),
      });
      Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
      for (const [id, reason] of Object.entries(accepted)) {
        Validations.of(stack).acknowledge({ id: `AwsSolutions::${id}`, reason });
      }
      expect(() => app.synth()).not.toThrow();
    } finally {
      rmSync(outdir, { recursive: true, force: true });
    }
  });
});
