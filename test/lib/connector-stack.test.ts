import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { exportWindowEnv } from '../../functions/export-window/env.ts';
import { loadWindowEnv } from '../../functions/load-window/env.ts';
import { planWindowsEnv, watchEventSchema } from '../../functions/plan-windows/env.ts';
import { configOf, type Resource, referenced, sourceInput, synthesise } from './synth-stack.ts';

const stack = synthesise(
  configOf({
    sources: [
      sourceInput('shop-eu', {
        mixpanel: { timezone: 'Pacific Standard Time' },
        schedule: { at: '04:05' },
        privacy: { hash: ['$email'] },
      }),
      sourceInput('archive', { schedule: { enabled: false } }),
    ],
  }),
);
const queues = stack.ofType('AWS::SQS::Queue');
const functions = stack.ofType('AWS::Lambda::Function');
const schedules = stack.ofType('AWS::Scheduler::Schedule').map(({ properties }) => properties);

const queueProperties = z.looseObject({
  MessageRetentionPeriod: z.number(),
  VisibilityTimeout: z.number().optional(),
  RedrivePolicy: z.looseObject({ deadLetterTargetArn: z.unknown(), maxReceiveCount: z.number() }).optional(),
});
const functionProperties = z.looseObject({
  Timeout: z.number(),
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
});

/** The queue that an alarm's dimensions name. */
function queueOf(dimensions: unknown): string | undefined {
  return referenced(z.array(z.object({ Value: z.unknown() })).parse(dimensions)[0]?.Value);
}

function byId(id: string | undefined): Resource {
  const found = stack.resources.find((resource) => resource.id === id);
  if (found === undefined) throw new Error(`no resource ${id}`);
  return found;
}

describe('queues', () => {
  const work = queues.filter((queue) => queue.properties.RedrivePolicy !== undefined);

  it('are two for each source, each with a dead-letter queue that keeps messages for 14 days', () => {
    expect(work).toHaveLength(4);
    for (const queue of work) {
      const { RedrivePolicy, MessageRetentionPeriod } = queueProperties.parse(queue.properties);
      const deadLetters = queueProperties.parse(
        byId(referenced(RedrivePolicy?.deadLetterTargetArn)).properties,
      );
      expect(deadLetters.MessageRetentionPeriod).toBe(14 * 86_400);
      expect(MessageRetentionPeriod).toBe(14 * 86_400);
    }
  });

  it('hide a message for six times the timeout of the function that takes it', () => {
    const mappings = stack.ofType('AWS::Lambda::EventSourceMapping');
    expect(mappings).toHaveLength(4);
    for (const { properties } of mappings) {
      const queue = queueProperties.parse(byId(referenced(properties.EventSourceArn)).properties);
      const consumer = functionProperties.parse(byId(referenced(properties.FunctionName)).properties);
      expect(queue.VisibilityTimeout).toBeGreaterThanOrEqual(6 * consumer.Timeout);
      expect(properties).toMatchObject({ BatchSize: 1, FunctionResponseTypes: ['ReportBatchItemFailures'] });
    }
  });

  it('have an alarm on every dead-letter queue', () => {
    const watched = stack.monitoring
      .ofType('AWS::CloudWatch::Alarm')
      .filter(({ properties }) => properties.Namespace === 'AWS/SQS')
      .map(({ properties }) => queueOf(properties.Dimensions));
    const deadLetters = queues.filter((queue) => !work.includes(queue)).map((queue) => queue.id);
    expect(watched.toSorted()).toEqual(deadLetters.toSorted());
  });

  it('refuse calls without TLS, each of them', () => {
    const guarded = stack
      .ofType('AWS::SQS::QueuePolicy')
      .flatMap(({ properties }) => z.array(z.unknown()).parse(properties.Queues).map(referenced));
    expect(guarded.toSorted()).toEqual(queues.map((queue) => queue.id).toSorted());
  });
});

describe('functions', () => {
  it('are three for each source, on arm64 and Node 24, with logs that are kept for a time', () => {
    expect(functions).toHaveLength(6);
    for (const { properties } of functions) {
      expect(properties).toMatchObject({ Architectures: ['arm64'], Runtime: 'nodejs24.x' });
      const logging = z.looseObject({ LogGroup: z.unknown() }).parse(properties.LoggingConfig);
      expect(byId(referenced(logging.LogGroup)).properties.RetentionInDays).toBe(90);
    }
  });

  it.each([
    ['PlanWindows', planWindowsEnv],
    ['ExportWindow', exportWindowEnv],
    ['LoadWindow', loadWindowEnv],
  ])('give %s the environment that it reads', (name, schema) => {
    const named = functions.filter((resource) => resource.id.includes(name));
    expect(named).toHaveLength(2);
    for (const { properties } of named) {
      const variables = deployed(functionProperties.parse(properties).Environment.Variables);
      const parsed = z
        .looseObject({ SOURCE: z.looseObject({ mapping: z.string() }) })
        .parse(schema.parse(variables));
      expect(parsed.SOURCE.mapping).toBe('mapping.json');
      const known = [...Object.keys(schema.shape), 'NODE_OPTIONS'];
      expect(Object.keys(variables).filter((key) => !known.includes(key))).toEqual([]);
    }
  });

  it('may send to their own queue as often as waiting takes, where they do so', () => {
    const allowed = functions.filter(({ properties }) => properties.RecursiveLoop === 'Allow');
    expect(allowed.map(({ id }) => id.replace(/^Source(ShopEu|Archive)|Function.*$/g, ''))).toEqual(
      expect.arrayContaining(['ExportWindow', 'LoadWindow']),
    );
    expect(allowed).toHaveLength(4);
  });

  it("are started by a schedule in the source's own time zone, unless it is switched off", () => {
    const daily = schedules.filter(({ ScheduleExpression }) => String(ScheduleExpression).startsWith('cron'));
    expect(daily).toEqual([
      expect.objectContaining({
        ScheduleExpression: 'cron(5 4 * * ? *)',
        ScheduleExpressionTimezone: 'America/Los_Angeles',
        State: 'ENABLED',
      }),
      expect.objectContaining({ ScheduleExpressionTimezone: 'UTC', State: 'DISABLED' }),
    ]);
  });

  it('look every hour how each source fares, also where the schedule is off', () => {
    const watches = schedules.filter(({ ScheduleExpression }) => ScheduleExpression === 'rate(1 hour)');
    expect(watches).toHaveLength(2);
    for (const watch of watches) {
      expect(watch.State).not.toBe('DISABLED');
      const { Input } = z.looseObject({ Input: z.string() }).parse(watch.Target);
      expect(watchEventSchema.parse(JSON.parse(Input))).toEqual({ watch: true });
    }
  });
});

describe('outputs', () => {
  it('name what operators and commands need, for the stack and for each source', () => {
    const perSource = [
      'WindowQueueUrl',
      'WindowDeadLetterQueueUrl',
      'LoadQueueUrl',
      'LoadDeadLetterQueueUrl',
      'MixpanelSecretArn',
      'PlatformSecretArn',
      'LogGroupName',
    ];
    expect(Object.keys(stack.template.Outputs).toSorted()).toEqual(
      [
        'BucketName',
        'AlarmTopicArn',
        'DashboardUrl',
        'PlanDeadLetterQueueUrl',
        ...['ShopEu', 'Archive'].flatMap((id) => perSource.map((name) => `${id}${name}`)),
      ].toSorted(),
    );
  });

  it("point at the source's own queues", () => {
    const target = (output: string) => referenced(stack.template.Outputs[output]?.Value);
    expect(target('ShopEuLoadQueueUrl')).toMatch(/^SourceShopEuLoadQueue[0-9A-F]{8}$/);
    expect(target('ArchiveWindowDeadLetterQueueUrl')).toMatch(/^SourceArchiveWindowQueueDeadLetters/);
  });
});

/** What the variables may be once deployed: references become a queue's URL, or some name. */
function deployed(variables: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([key, value]) => {
      if (typeof value === 'string') return [key, value];
      return [
        key,
        key.endsWith('_URL') ? 'https://sqs.eu-west-1.amazonaws.com/123456789012/queue' : 'a-name',
      ];
    }),
  );
}
