import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { runDoctor } from '../../../bin/doctor/run-doctor.ts';
import { localConfigFile } from '../../../bin/local/local-files.ts';
import { type OperatorWorld, startOperatorWorld } from '../../support/operator-world.ts';
import { recordOutput } from '../../support/recorded-output.ts';

let world: OperatorWorld;
let outputs: string;
beforeEach(async () => {
  world = await startOperatorWorld();
  outputs = join(world.dir, 'other-outputs.json');
  for (const [name, value] of Object.entries({
    ...world.awsVariables,
    // Without a credential no vendor is asked.
    MIXPANEL_USERNAME: undefined,
    MIXPANEL_BEARER_TOKEN: undefined,
    MIXPANEL_PROJECT_SECRET: undefined,
    PLATFORM_CLIENT_ID: undefined,
  }))
    vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await world.close();
});

const resultSchema = z.object({ checks: z.array(z.looseObject({ name: z.string() })) });

/** What it says of AWS and of the stack, of which nothing could be opened. */
async function doctor(options: { readonly outputs?: string } = {}) {
  const { output, json } = recordOutput();
  const config = localConfigFile(world.dir);
  expect(await runDoctor({ config, json: true, query: false, ...options }, output)).toBe(1);
  const named = ({ name }: { readonly name: string }) => name === 'AWS access' || name === 'Stack';
  return resultSchema.parse(json()).checks.filter(named);
}

describe('connector doctor without the outputs of the stack', () => {
  it.each([
    ['is not there', undefined, 'there is no such file'],
    ['is no JSON', 'x', 'text that is not JSON'],
    ['is of another stack', '{"Other":{}}', 'it has no stack OperatorTest; it has Other'],
  ])('says that their file %s, and blames neither AWS nor the deployment', async (_, text, said) => {
    if (text !== undefined) writeFileSync(outputs, text);
    const checks = await doctor({ outputs });
    expect(checks).toEqual([
      { name: 'AWS access', state: 'skipped', text: "needs the stack's outputs" },
      {
        name: 'Stack',
        state: 'failed',
        text: expect.stringContaining(said),
        remedy: 'see --outputs: it takes a file as cdk deploy --outputs-file writes it',
      },
    ]);
    expect(checks[1]?.text).toContain(outputs);
  });

  it('has a stack deployed that is older than the configuration', async () => {
    writeFileSync(outputs, JSON.stringify({ OperatorTest: { BucketName: 'operator-test' } }));
    const [, stack] = await doctor({ outputs });
    expect(stack).toMatchObject({
      state: 'failed',
      text: expect.stringContaining('ShopWindowQueueUrl'),
      remedy: 'deploy it: npx cdk deploy',
    });
  });

  it('asks for their file where the endpoint has no CloudFormation', async () => {
    expect(await doctor()).toEqual([
      { name: 'AWS access', state: 'passed', text: 'AWS answers' },
      {
        name: 'Stack',
        state: 'failed',
        text: expect.stringContaining('this endpoint has no CloudFormation'),
        remedy: 'give --outputs FILE, as cdk deploy --outputs-file writes it',
      },
    ]);
  });
});
