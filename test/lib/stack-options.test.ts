import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ConfigError } from '../../functions/shared/errors.ts';
import { configOf, sourceInput, synthesise } from './synth-stack.ts';

const plain = synthesise(configOf());
const kmsKeyArn = 'arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef';

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

  it("is encrypted with the customer's key, which every function may use, where one is named", () => {
    const stack = synthesise(configOf({ archive: { kmsKeyArn } }));
    expect(JSON.stringify(stack.ofType('AWS::S3::Bucket')[0]?.properties.BucketEncryption)).toContain(
      kmsKeyArn,
    );
    const users = stack
      .ofType('AWS::IAM::Role')
      .filter(({ properties }) => JSON.stringify(properties).includes(kmsKeyArn));
    expect(users).toHaveLength(3);
    expect(JSON.stringify(plain.template)).not.toContain('kms:');
  });

  it('is closed to the public', () => {
    expect(plain.ofType('AWS::S3::Bucket')[0]?.properties.PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
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

  it('lead functions out through one fixed address that the stack prints', () => {
    const stack = synthesise(configOf({ staticEgress: true }));
    expect(stack.ofType('AWS::EC2::EIP')).toHaveLength(1);
    expect(stack.ofType('AWS::EC2::NatGateway')).toHaveLength(1);
    expect(stack.template.Outputs.EgressIps).toBeDefined();
    for (const { properties } of stack.ofType('AWS::Lambda::Function'))
      expect(properties.VpcConfig).toBeDefined();
    expect(plain.ofType('AWS::EC2::VPC')).toEqual([]);
    expect(stack.resources.filter(({ type }) => type.includes('Custom'))).toEqual([]);
  });

  const withSources = (count: number) => {
    const sources = Array.from({ length: count }, (_, index) =>
      sourceInput(`source-with-quite-a-long-id-${index}`, { privacy: { hash: ['$email'] } }),
    );
    return synthesise(configOf({ sources, staticEgress: true, alarmEmail: 'team@example.com' }));
  };

  it('keep ten sources with their alarms in one stack, within its limits', () => {
    const stack = withSources(10);
    expect(stack.ofType('AWS::CloudFormation::Stack')).toEqual([]);
    expect(stack.resources.length).toBeLessThan(500);
    expect(Buffer.byteLength(JSON.stringify(stack.template, null, 1))).toBeLessThan(1_000_000);
  }, 120_000);

  it("fit twenty sources with everything switched on into CloudFormation's limits", () => {
    const stack = withSources(20);
    expect(stack.resources.length).toBeLessThan(500);
    expect(Object.keys(stack.template.Outputs).length).toBeLessThanOrEqual(200);
    // As the CLI uploads it: one megabyte at most.
    expect(Buffer.byteLength(JSON.stringify(stack.template, null, 1))).toBeLessThan(1_000_000);

    const { monitoring } = stack;
    expect(monitoring.resources.length).toBeLessThan(500);
    expect(Object.keys(monitoring.template.Parameters).length).toBeLessThanOrEqual(200);
    expect(Buffer.byteLength(JSON.stringify(monitoring.template, null, 1))).toBeLessThan(1_000_000);
    const dashboard = JSON.stringify(monitoring.ofType('AWS::CloudWatch::Dashboard')[0]?.properties);
    // CloudWatch's own limits for a dashboard.
    expect(dashboard.match(/"type\\":/g)?.length).toBeGreaterThan(20 * 12);
    expect(dashboard.match(/"type\\":/g)?.length).toBeLessThanOrEqual(500);
    expect(dashboard.match(/label\\":/g)?.length).toBeLessThanOrEqual(2500);
    // Twelve seconds of processor: CDK resolves every reference of some 700 resources.
  }, 120_000);

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
