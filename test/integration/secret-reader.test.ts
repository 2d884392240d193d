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

  const platform = 'must be a JSON object with clientId and clientSecret';
  const word = 'clientId: found a string; must be one word of printable ASCII';
  it.each([
    ['a byte order mark', '\ufeff{"clientId":"hush"}', 'text that begins with a byte order mark'],
    ['a bare value', '"hush"', `found a string; ${platform}`],
    ['a list', '[{"clientId":"hush","clientSecret":"hush"}]', `found an array; ${platform}`],
    ['a key and a value', 'clientSecret=hush', 'text that is not JSON'],
    ['single quotes', "{'clientSecret':'hush'}", 'text that is not JSON'],
    [
      'values of other types',
      '{"clientId":["hush"],"clientSecret":17}',
      'clientId: found an array; must be filled',
    ],
    [
      'a value of blanks',
      '{"clientId":"a","clientSecret":" \\n"}',
      'clientSecret: found a string; must be filled',
    ],
    ['a line break inside', '{"clientId":"hush\\nhush","clientSecret":"b"}', word],
    ['a letter that no header takes', '{"clientId":"hush\u2028","clientSecret":"b"}', undefined],
    ['quotes pasted along', '{"clientId":"“hush”","clientSecret":"b"}', word],
    [
      'a name that objects inherit',
      '{"__proto__":{"clientId":"hush","clientSecret":"b"}}',
      'clientId: found nothing',
    ],
    ['any depth', `{"clientId":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, 'clientId: found an array'],
  ])('with %s is refused without its text, or read as it was meant', async (_, text, words) => {
    const reading = createSecretReader(aws.secrets, await secretWith(text), platformSecretSchema).get();
    if (words === undefined) return expect(await reading).toEqual({ clientId: 'hush', clientSecret: 'b' });
    await expect(reading).rejects.toThrow(words);
    await expect(reading).rejects.not.toThrow('hush');
  });

  it('with line breaks at its ends is read without them', async () => {
    const name = await secretWith({ clientId: ' a\n', clientSecret: 'b c\r\n' });
    const reader = createSecretReader(aws.secrets, name, platformSecretSchema);
    expect(await reader.get()).toEqual({ clientId: 'a', clientSecret: 'b c' });
  });

  it('that is bytes is named as such', async () => {
    const name = 'Stack/bytes';
    const SecretBinary = Buffer.from('{"clientId":"hush","clientSecret":"hush"}');
    await aws.secrets.send(new CreateSecretCommand({ Name: name, SecretBinary }));
    const reading = createSecretReader(aws.secrets, name, platformSecretSchema).get();
    await expect(reading).rejects.toThrow(
      `reading the secret ${name}:\n  - (root): found bytes; allowed is text`,
    );
  });
});
