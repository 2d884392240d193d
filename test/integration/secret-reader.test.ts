import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mixpanelSecretSchema } from '../../functions/shared/mixpanel/credentials.ts';
import { platformSecretSchema } from '../../functions/shared/platform/ims-token.ts';
import { createSecretReader } from '../../functions/shared/secret-reader.ts';
import { startTestAws, type TestAws } from '../support/aws.ts';

let aws: TestAws;
let secrets = 0;

beforeAll(async () => {
  aws = await startTestAws();
});
afterAll(() => aws.close());

async function secretWith(value: unknown): Promise<string> {
  secrets += 1;
  const name = `Stack/shop-${secrets}/platform`;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  await aws.secrets.send(new CreateSecretCommand({ Name: name, SecretString: text }));
  return name;
}

describe('a secret', () => {
  it('that is not filled is named, with the field that is missing', async () => {
    const platform = await secretWith({ clientId: '', clientSecret: '' });
    await expect(createSecretReader(aws.secrets, platform, platformSecretSchema).get()).rejects.toThrow(
      `reading the secret ${platform}:\n  - clientId: found a string; must be filled\n  - clientSecret: found a string; must be filled`,
    );
    const mixpanel = await secretWith({ username: 'robot', secret: '' });
    await expect(createSecretReader(aws.secrets, mixpanel, mixpanelSecretSchema).get()).rejects.toThrow(
      /secret: found .*must be filled/,
    );
  });

  it('that is not there, or no JSON, is named without its text', async () => {
    await expect(createSecretReader(aws.secrets, 'Stack/none', platformSecretSchema).get()).rejects.toThrow(
      'reading the secret Stack/none:\n  - it has no value yet',
    );
    const name = await secretWith('hush-hush');
    const failure = createSecretReader(aws.secrets, name, platformSecretSchema).get();
    await expect(failure).rejects.toThrow('text that is not JSON');
    await expect(failure).rejects.not.toThrow('hush');
  });

  it('is read once, and again when asked to or after a failure', async () => {
    const name = await secretWith({ clientId: 'a', clientSecret: '' });
    const reader = createSecretReader(aws.secrets, name, platformSecretSchema);
    await expect(reader.get()).rejects.toThrow();
    const put = (clientId: string) =>
      aws.secrets.send(
        new PutSecretValueCommand({
          SecretId: name,
          SecretString: JSON.stringify({ clientId, clientSecret: 's' }),
        }),
      );
    await put('b');
    expect(await reader.get()).toMatchObject({ clientId: 'b' });
    await put('c');
    expect(await reader.get()).toMatchObject({ clientId: 'b' });
    expect(await reader.refresh()).toMatchObject({ clientId: 'c' });
    expect(await reader.get()).toMatchObject({ clientId: 'c' });
  });
});
