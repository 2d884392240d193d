import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { projectRoot } from '../../lib/config.ts';
import { startTestAws } from '../support/aws.ts';
import { credential, type SetupWorld, setupJson, startSetupWorld } from '../support/setup-world.ts';

let world: SetupWorld;
beforeEach(async () => {
  world = await startSetupWorld();
  world.configure();
});
afterEach(() => world.close());

async function run(args: readonly string[], variables: Readonly<Record<string, string>> = credential) {
  const child = spawn(process.execPath, [join(projectRoot, 'bin/connector.js'), 'setup', ...args], {
    cwd: world.dir,
    env: { PATH: process.env.PATH ?? '', AWS_EC2_METADATA_DISABLED: 'true', HOME: world.dir, ...variables },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [status] = await once(child, 'close');
  return { status: z.int().parse(status), stdout, stderr };
}

describe('the setup command', () => {
  it('sets up what the example configuration leaves open, and keeps the rest of its text', async () => {
    const example = readFileSync(join(projectRoot, 'connector.config.example.json'), 'utf8')
      .replace('000000000000000000000000@AdobeOrg', '0123456789ABCDEF01234567@AdobeOrg')
      .replace(
        '"sandbox"',
        `"baseUrl": "${world.platform.url}", "imsUrl": "${world.platform.url}",\n "sandbox"`,
      );
    writeFileSync(world.file, example);
    const { status, stdout, stderr } = await run(['--json']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: 'Done. Next: deploy (npx cdk deploy).\n' });
    const [source] = setupJson.parse(JSON.parse(stdout)).sources;
    expect(world.configText()).toBe(
      example
        .replace('"000000000000000000000000"', `"${source?.datasetId}"`)
        .replace(/"https:[^"]*yourtenant[^"]*"/, `"${source?.schemaId}"`)
        .replace('"yourtenant"', '"simtenant"'),
    );
  });

  it('takes the credential from the source’s secret where the environment has none', async () => {
    const aws = await startTestAws();
    try {
      const Name = 'Stack/shop/platform';
      const SecretString = JSON.stringify({
        clientId: credential.PLATFORM_CLIENT_ID,
        clientSecret: credential.PLATFORM_CLIENT_SECRET,
      });
      await aws.secrets.send(new CreateSecretCommand({ Name, SecretString }));
      const variables = { AWS_ENDPOINT_URL: aws.url, AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' };
      const done = await run(['--dry-run', '--region', 'eu-west-1'], variables);
      expect(done.stdout).toContain('Mixpanel shop events');
      expect(done.status).toBe(0);
      const none = await run(['--dry-run'], variables);
      expect(none.status).toBe(2);
      expect(none.stderr).toContain('no region is known: give --region');
      expect(none.stderr).toContain('or set PLATFORM_CLIENT_ID and PLATFORM_CLIENT_SECRET');
    } finally {
      await aws.close();
    }
  });

  it('names what is wrong with options and configuration, and exits with 2', async () => {
    const options = await run(['--identity', 'x', '--name', '!']);
    expect(options.status).toBe(2);
    expect(options.stderr).toContain('--identity: found "x"; must be FIELD=NAMESPACE');
    expect(options.stderr).toContain('--name: found "!"; must be');
    expect(await run(['--dryrun'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("unknown option '--dryrun'\n(Did you mean --dry-run?)"),
    });
    expect((await run(['--source', 'shpo'])).stderr).toContain('did you mean shop?');
    expect((await run([], { PLATFORM_CLIENT_ID: 'x' })).stderr).toContain('set PLATFORM_CLIENT_SECRET too');
    world.configure({ id: 'shop', platform: { orgId: '000000000000000000000000@AdobeOrg', sandbox: 7 } });
    const config = await run([]);
    expect(config.stderr).toContain('sources[0].platform.sandbox: found 7');
    expect(config.stderr).not.toContain('datasetId');
    world.configure({ id: 'shop', platform: { orgId: '000000000000000000000000@AdobeOrg' } });
    expect((await run([])).stderr).toContain("sources[0].platform.orgId: found the example's");
  });

  it('shows an example', async () => {
    expect(await run(['--help'])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('$ connector setup --dry-run'),
    });
  });
});
