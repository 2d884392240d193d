import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ConfigError } from '../../functions/shared/errors.ts';
import { configOf, sourceInput, synthesise } from './synth-stack.ts';

const plain = synthesise(configOf());

describe('the stack that the example describes', () => {
  it('keeps the logical ids of everything that holds data, so that no update replaces it', () => {
    const stateful = /^AWS::(S3::Bucket|SQS::Queue|SecretsManager::Secret|SNS::Topic)$/;
    expect(plain.resources.filter(({ type }) => stateful.test(type)).map(({ id }) => id)).toEqual([
      'ArchiveBucket49F1AC64',
      'AlarmsTopic3A2DFEBA',
      'SchedulesDeadLettersQueue51CA2C10',
      'SourceShopEuMixpanelSecretFCA2671A',
      'SourceShopEuPlatformSecret5312ADD3',
      'SourceShopEuWindowQueueDeadLettersQueue7DF5BBDA',
      'SourceShopEuWindowQueue9A388D4A',
      'SourceShopEuLoadQueueDeadLettersQueue9CF26DA3',
      'SourceShopEuLoadQueue0F905959',
    ]);
  });

  it('keeps the bucket and the secrets when it is removed', () => {
    const kept = plain.resources.filter(({ type }) => /Bucket$|Secret$/.test(type));
    expect(kept).toHaveLength(3);
    for (const { deletionPolicy } of kept) expect(deletionPolicy).toBe('Retain');
  });

  it('has no custom resource, whose code would not be ours', () => {
    expect(plain.resources.filter(({ type }) => type.includes('Custom'))).toEqual([]);
  });

  it('cannot be deployed: it asks for a parameter that only an explanation goes with', () => {
    expect(plain.template.Parameters.ConfigurationStillHasExampleValues).toMatchObject({
      Description: expect.stringContaining('sources[0].platform.datasetId'),
    });
    expect(plain.template.Rules.RefuseExampleValues).toBeDefined();
  });
});

describe('archive', () => {
  it('expires parts and rejected records, and drops unfinished uploads after a day', () => {
    const stack = synthesise(configOf({ archive: { retentionDays: 30 } }));
    expect(stack.ofType('AWS::S3::Bucket')[0]?.properties.LifecycleConfiguration).toEqual({
      Rules: [
        { Id: 'expire-raw', Prefix: 'raw/', ExpirationInDays: 30, Status: 'Enabled' },
        { Id: 'expire-rejected', Prefix: 'rejected/', ExpirationInDays: 30, Status: 'Enabled' },
        { Id: 'expire-checkpoints', Prefix: 'checkpoints/', ExpirationInDays: 30, Status: 'Enabled' },
        {
          Id: 'abort-unfinished-uploads',
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
          Status: 'Enabled',
        },
      ],
    });
  });
});

describe('secrets', () => {
  it('are created with the fields to fill in, all of them empty', () => {
    expect(plain.ofType('AWS::SecretsManager::Secret').map(({ properties }) => properties)).toEqual([
      expect.objectContaining({
        Name: 'MixpanelConnector/shop-eu/mixpanel',
        SecretString: '{"username":"","secret":""}',
      }),
      expect.objectContaining({
        Name: 'MixpanelConnector/shop-eu/platform',
        SecretString: '{"clientId":"","clientSecret":""}',
      }),
    ]);
  });

  it('are not created where the configuration names existing ones', () => {
    const named = { mixpanel: { secretName: 'team/mixpanel' }, platform: { secretName: 'team/adobe' } };
    const stack = synthesise(configOf({ sources: [sourceInput('shop', named)] }));
    expect(stack.ofType('AWS::SecretsManager::Secret')).toEqual([]);
    const text = JSON.stringify(stack.template);
    expect(text).toContain('"MIXPANEL_SECRET_ID":"team/mixpanel"');
    expect(text).toContain(':secret:team/adobe-??????');
  });

  it('include a generated key exactly where properties are hashed', () => {
    const keys = (privacy: object) =>
      synthesise(configOf({ sources: [sourceInput('shop', { privacy })] }))
        .ofType('AWS::SecretsManager::Secret')
        .filter(({ properties }) => properties.Name === 'MixpanelConnector/shop/privacy')
        .map(({ properties }) => properties.GenerateSecretString);
    expect(keys({ drop: ['$email'] })).toEqual([]);
    expect(keys({ hash: ['$email'] })).toEqual([expect.objectContaining({ GenerateStringKey: 'key' })]);
    expect(keys({ hash: ['$email'], keySecretName: 'team/key' })).toEqual([]);
  });
});

describe('options', () => {
  it('subscribe the address that is configured, and nobody otherwise', () => {
    const stack = synthesise(configOf({ alarmEmail: 'team@example.com' }));
    expect(stack.ofType('AWS::SNS::Subscription')[0]?.properties.Endpoint).toBe('team@example.com');
    expect(plain.ofType('AWS::SNS::Subscription')).toEqual([]);
  });

  it('are refused where settings are too long for a function, with what to shorten', () => {
    const events = Array.from({ length: 100 }, (_, index) => `An event with a rather long name ${index}`);
    const config = configOf({ sources: [sourceInput('shop', { mixpanel: { events } })] });
    expect(() => synthesise(config)).toThrow(ConfigError);
    expect(() => synthesise(config)).toThrow(/Lambda allows 4096; shorten mixpanel\.events/);
  });

  it('deploy without a question once every example value is replaced', () => {
    const filled = sourceInput('shop', {
      mixpanel: { projectId: 42 },
      platform: { orgId: 'A@AdobeOrg', datasetId: 'd', schemaId: 's', tenant: 't' },
    });
    const { Parameters, Rules } = synthesise(configOf({ sources: [filled] })).template;
    expect(z.record(z.string(), z.unknown()).parse(Parameters)).not.toHaveProperty(
      'ConfigurationStillHasExampleValues',
    );
    expect(Rules).not.toHaveProperty('RefuseExampleValues');
  });
});
