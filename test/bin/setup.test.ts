import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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

async function run(args: readonly string[]) {
  const child = spawn(process.execPath, [join(projectRoot, 'bin/connector.js'), 'setup', ...args], {
    cwd: world.dir,
    env: { PATH: process.env.PATH ?? '', ...credential },
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
      const variables = { AWS_ENDPOINT_URL: aws.url, AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' };
      for (const name of Object.keys(credential)) vi.stubEnv(name, '');
      for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
      const asked = { dryRun: true, region: 'eu-west-1' };
      const none = world.setup(asked);
      await expect(none).rejects.toThrow('it has no value yet');
      await expect(none).rejects.toThrow('or set PLATFORM_CLIENT_ID and PLATFORM_CLIENT_SECRET');
      await aws.secrets.send(new CreateSecretCommand({ Name, SecretString }));
      expect((await world.setup(asked)).text).toContain('Mixpanel shop events');
    } finally {
      await aws.close();
    }
  });

  it('names what is wrong with options and configuration', async () => {
    const options = world.setup({ identity: 'x', name: '!' });
    await expect(options).rejects.toThrow('--identity: found "x"; must be FIELD=NAMESPACE');
    await expect(options).rejects.toThrow('--name: found "!"; must be');
    await expect(world.setup({ source: 'shpo' })).rejects.toThrow('did you mean shop?');
    world.configure({ id: 'shop' }, { id: 'blog' });
    await expect(world.setup({ name: 'Acme' })).rejects.toThrow('--source: found nothing; with --name');
    world.configure({ id: 'shop', platform: { orgId: '000000000000000000000000@AdobeOrg', sandbox: 7 } });
    const config = world.setup();
    await expect(config).rejects.toThrow('sources[0].platform.sandbox: found 7');
    await expect(config).rejects.not.toThrow('datasetId');
    world.configure({ id: 'shop', platform: { orgId: '000000000000000000000000@AdobeOrg' } });
    await expect(world.setup()).rejects.toThrow("sources[0].platform.orgId: found the example's");
    world.configure();
    vi.stubEnv('PLATFORM_CLIENT_SECRET', '');
    await expect(world.setup()).rejects.toThrow('set PLATFORM_CLIENT_SECRET too, or neither');
  });

  it('suggests the option that was meant, and exits with 2', async () => {
    expect(await run(['--dryrun'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("unknown option '--dryrun'\n(Did you mean --dry-run?)"),
    });
  });

  it('shows an example', async () => {
    expect(await run(['--help'])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('$ connector setup --dry-run'),
    });
  });
});
