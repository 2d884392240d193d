import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { configOf, kmsKeyArn, type Resource, referenced, sourceInput, synthesise } from './synth-stack.ts';

/** Of every kind that makes a difference to the template. */
const sources = [
  sourceInput('created', { privacy: { hash: ['$email'] }, schedule: { enabled: false } }),
  sourceInput('named', {
    mixpanel: { secretName: 'team/mixpanel' },
    platform: { secretName: 'team/adobe' },
    privacy: { hash: ['$email'], keySecretName: 'team/key' },
  }),
];

/**
 * Every pair of settings in some stack: each is built by itself in the code, so that a fault needs two of them at most. All
 * twelve would take a third of a minute.
 */
const combinations = (
  [
    [undefined, false, false],
    [undefined, true, true],
    ['ipv4', false, true],
    ['ipv4', true, false],
    ['dualstack', false, false],
    ['dualstack', true, true],
  ] as const
).map(([network, ownKey, accessLog]) => ({
  name: `${network ?? 'no network'}, ${ownKey ? 'own key' : "AWS's keys"}, ${accessLog ? 'access log' : 'no log'}`,
  network,
  ownKey,
  accessLog,
}));

type Combination = (typeof combinations)[number];

function stackOf({ network, ownKey, accessLog }: Combination) {
  return synthesise(
    configOf({
      sources,
      staticEgress: network !== undefined,
      ...(network === undefined ? {} : { staticEgressFamily: network }),
      archive: { accessLog, ...(ownKey ? { kmsKeyArn } : {}) },
      ...(network === 'ipv4' || ownKey ? { alarmEmail: 'team@example.com' } : {}),
    }),
  );
}
type Stack = ReturnType<typeof stackOf>;

const oneOrMany = <Schema extends z.ZodType>(schema: Schema) =>
  z.union([z.array(schema), schema.transform((one) => [one])]);
const statementSchema = z.looseObject({
  Effect: z.enum(['Allow', 'Deny']),
  Action: oneOrMany(z.string()),
  // A policy of who may take a role names none.
  Resource: oneOrMany(z.unknown()).default([]),
  Principal: z.unknown().optional(),
  Condition: z.unknown().optional(),
});
type Statement = z.output<typeof statementSchema>;

/** Every statement of every policy in a template, of roles and of resources alike. */
function statementsIn(value: unknown): Statement[] {
  if (Array.isArray(value)) return value.flatMap(statementsIn);
  if (typeof value !== 'object' || value === null) return [];
  const own = z.looseObject({ Statement: z.array(statementSchema) }).safeParse(value);
  return own.success ? own.data.Statement : Object.values(value).flatMap(statementsIn);
}

/** Which resources of a kind a deny without TLS hangs on. */
function guarded(stack: Stack, policyType: string, member: string): (string | undefined)[] {
  return stack
    .ofType(policyType)
    .filter(({ properties }) => statementsIn(properties.PolicyDocument).some(refusesPlainText))
    .flatMap(({ properties }) => oneOrMany(z.unknown()).parse(properties[member]).map(referenced))
    .toSorted();
}

function refusesPlainText({ Effect, Principal, Condition }: Statement): boolean {
  return (
    Effect === 'Deny' &&
    JSON.stringify(Principal) === '{"AWS":"*"}' &&
    JSON.stringify(Condition) === '{"Bool":{"aws:SecureTransport":"false"}}'
  );
}

const idsOf = (resources: readonly Resource[]) => resources.map(({ id }) => id).toSorted();

describe.each(combinations)('with $name', (combination) => {
  const stack = stackOf(combination);
  const { ownKey, network } = combination;
  const queues = stack.ofType('AWS::SQS::Queue');
  const buckets = stack.ofType('AWS::S3::Bucket');
  const allowed = statementsIn(stack.template).filter(({ Effect }) => Effect === 'Allow');

  it('every queue is a dead-letter queue with an alarm, or has one', () => {
    const deadLetters = queues.flatMap(({ properties }) => {
      const { RedrivePolicy } = z
        .looseObject({ RedrivePolicy: z.looseObject({ deadLetterTargetArn: z.unknown() }).optional() })
        .parse(properties);
      return RedrivePolicy === undefined ? [] : [referenced(RedrivePolicy.deadLetterTargetArn)];
    });
    // That of the schedules, which stands behind no queue of ours.
    const shared = idsOf(queues).filter((id) => id.startsWith('SchedulesDeadLetters'));
    const watched = stack.monitoring
      .ofType('AWS::CloudWatch::Alarm')
      .filter(({ properties }) => properties.MetricName === 'ApproximateNumberOfMessagesVisible')
      .map(({ properties }) =>
        referenced(z.array(z.object({ Value: z.unknown() })).parse(properties.Dimensions)[0]?.Value),
      );
    expect(watched.toSorted()).toEqual([...deadLetters, ...shared].toSorted());
    const work = queues.filter(({ properties }) => properties.RedrivePolicy !== undefined);
    expect(idsOf(queues)).toEqual([...idsOf(work), ...deadLetters, ...shared].toSorted());
  });

  it('a message is hidden for six times as long as its function may run, and kept for 14 days', () => {
    const timeouts = new Map(
      stack.ofType('AWS::Lambda::Function').map(({ id, properties }) => [id, Number(properties.Timeout)]),
    );
    const hidden = new Map(queues.map(({ id, properties }) => [id, Number(properties.VisibilityTimeout)]));
    const feeds = stack.ofType('AWS::Lambda::EventSourceMapping');
    expect(feeds).toHaveLength(2 * sources.length);
    for (const { properties } of feeds) {
      const timeout = timeouts.get(referenced(properties.FunctionName) ?? '') ?? Number.NaN;
      expect(hidden.get(referenced(properties.EventSourceArn) ?? '')).toBe(6 * timeout);
    }
    for (const { properties } of queues) expect(properties.MessageRetentionPeriod).toBe(14 * 86_400);
  });

  it('logs are kept for a set time', () => {
    const logs = stack.ofType('AWS::Logs::LogGroup');
    expect(logs.length).toBe(sources.length);
    for (const { properties } of logs) expect(properties.RetentionInDays).toBe(90);
    const named = stack
      .ofType('AWS::Lambda::Function')
      .map(({ properties }) =>
        referenced(z.looseObject({ LogGroup: z.unknown() }).parse(properties.LoggingConfig).LogGroup),
      );
    expect([...new Set(named)].toSorted()).toEqual(idsOf(logs));
  });

  it('everything at rest is encrypted, under the one key where there is one', () => {
    const key = ownKey ? kmsKeyArn : undefined;
    for (const { properties } of queues) {
      expect(properties.KmsMasterKeyId).toBe(key);
      expect(properties.SqsManagedSseEnabled).toBe(ownKey ? undefined : true);
    }
    for (const { properties } of stack.ofType('AWS::SecretsManager::Secret'))
      expect(properties.KmsKeyId).toBe(key);
    for (const { properties } of stack.ofType('AWS::Logs::LogGroup')) expect(properties.KmsKeyId).toBe(key);
    for (const { properties } of stack.ofType('AWS::SNS::Topic')) expect(properties.KmsMasterKeyId).toBe(key);
    for (const { properties } of stack.ofType('AWS::Lambda::Function'))
      expect(properties.KmsKeyArn).toBe(key);
    for (const { id, properties } of buckets) {
      const bucketKey = id.startsWith('ArchiveBucket') ? key : undefined;
      expect(JSON.stringify(properties.BucketEncryption)).toContain(bucketKey ?? 'AES256');
    }
    const users = allowed.filter(({ Action }) => Action.some((action) => action.startsWith('kms:')));
    // Three functions of each source, and the scheduler, whose failed starts go to a queue.
    expect(users).toHaveLength(ownKey ? 3 * sources.length + 1 : 0);
    for (const { Action, Resource: target } of users) {
      expect(Action.toSorted()).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
      expect(target).toEqual([kmsKeyArn]);
    }
  });

  it('nothing is reached without TLS', () => {
    expect(guarded(stack, 'AWS::SQS::QueuePolicy', 'Queues')).toEqual(idsOf(queues));
    expect(guarded(stack, 'AWS::S3::BucketPolicy', 'Bucket')).toEqual(idsOf(buckets));
    const topics = stack.ofType('AWS::SNS::TopicPolicy').map(({ properties }) => JSON.stringify(properties));
    expect(topics).toEqual([expect.stringContaining('{"Bool":{"aws:SecureTransport":"false"}}')]);
  });

  it('no bucket is public, each expires what it takes in, and outlives the stack', () => {
    expect(buckets).toHaveLength(combination.accessLog ? 2 : 1);
    for (const { properties, deletionPolicy } of buckets) {
      expect(properties.PublicAccessBlockConfiguration).toEqual({
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      });
      expect(JSON.stringify(properties.OwnershipControls)).toContain('BucketOwnerEnforced');
      expect(JSON.stringify(properties.LifecycleConfiguration)).toContain('"ExpirationInDays":400');
      expect(deletionPolicy).toBe('Retain');
    }
    const [archive] = buckets.filter(({ id }) => id.startsWith('ArchiveBucket'));
    expect(JSON.stringify(archive?.properties.LifecycleConfiguration)).toContain('DaysAfterInitiation":1');
    expect(archive?.properties.VersioningConfiguration).toBeUndefined();
    expect(archive?.properties.LoggingConfiguration !== undefined).toBe(combination.accessLog);
  });

  it('no action is a wildcard, and no resource but where EC2 knows none', () => {
    expect(allowed.length).toBeGreaterThan(3 * sources.length);
    for (const { Action, Resource: targets } of allowed) {
      expect(Action.filter((action) => action.includes('*'))).toEqual([]);
      if (targets.includes('*'))
        expect(Action.toSorted()).toEqual(['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets']);
    }
    for (const { properties } of stack.ofType('AWS::IAM::Role'))
      expect(properties.ManagedPolicyArns).toBeUndefined();
  });

  it('nobody but AWS services of this account is let in by a policy of ours', () => {
    const principals = allowed.flatMap(({ Principal }) => (Principal === undefined ? [] : [Principal]));
    const services = principals.map(
      (principal) => z.strictObject({ Service: z.string() }).parse(principal).Service,
    );
    expect([...new Set(services)].toSorted()).toEqual([
      'cloudwatch.amazonaws.com',
      'lambda.amazonaws.com',
      ...(combination.accessLog ? ['logging.s3.amazonaws.com'] : []),
      'scheduler.amazonaws.com',
    ]);
    // A function's role is lent by whoever deploys it; the others could be asked for by another account's resource.
    for (const { Principal, Condition } of allowed) {
      if (Principal === undefined || JSON.stringify(Principal).includes('lambda.')) continue;
      expect(JSON.stringify(Condition)).toContain('"aws:SourceAccount":{"Ref":"AWS::AccountId"}');
    }
    expect(stack.ofType('AWS::Lambda::Url')).toEqual([]);
    expect(stack.ofType('AWS::Lambda::Permission')).toEqual([]);
  });

  it('no secret is in the template, and none in an environment', () => {
    for (const { properties, deletionPolicy } of stack.ofType('AWS::SecretsManager::Secret')) {
      const fields = z
        .record(z.string(), z.string())
        .parse(JSON.parse(String(properties.SecretString ?? '{}')));
      expect(Object.values(fields).filter((value) => value !== '')).toEqual([]);
      expect(properties.SecretString !== undefined || properties.GenerateSecretString !== undefined).toBe(
        true,
      );
      expect(deletionPolicy).toBe('Retain');
    }
    expect(JSON.stringify(stack.template)).not.toContain('{{resolve:');
    const known = [
      'STACK_NAME',
      'SOURCE',
      'BUCKET_NAME',
      'WINDOW_QUEUE_URL',
      'WINDOW_DEAD_LETTER_QUEUE_URL',
      'LOAD_QUEUE_URL',
      'LOAD_DEAD_LETTER_QUEUE_URL',
      // Names and ARNs of secrets.
      'MIXPANEL_SECRET_ID',
      'PLATFORM_SECRET_ID',
      'PRIVACY_SECRET_ID',
      'PROJECT_DAILY_WINDOWS',
      'SANDBOX_DAILY_WINDOWS',
      'MAX_RECEIVE_COUNT',
      'NODE_OPTIONS',
    ];
    for (const { properties } of stack.ofType('AWS::Lambda::Function')) {
      const { Variables } = z
        .object({ Variables: z.record(z.string(), z.unknown()) })
        .parse(properties.Environment);
      expect(Object.keys(Variables).filter((name) => !known.includes(name))).toEqual([]);
    }
  });

  it('functions are in the network where there is one, and nothing may come in', () => {
    for (const { properties } of stack.ofType('AWS::Lambda::Function'))
      expect(properties.VpcConfig !== undefined).toBe(network !== undefined);
    const groups = stack.ofType('AWS::EC2::SecurityGroup');
    expect(groups).toHaveLength(network === undefined ? 0 : 1);
    for (const { properties } of groups) expect(properties.SecurityGroupIngress).toBeUndefined();
    expect(stack.ofType('AWS::EC2::SecurityGroupIngress')).toEqual([]);
    expect(stack.resources.filter(({ type }) => type.includes('Custom'))).toEqual([]);
  });
});
