import { describe, expect, it } from 'vitest';
import { functionsOf, mappingsOf, shortName } from '../../../bin/local/functions-in-template.ts';
import { type ResolveScope, resolve, resolveText } from '../../../bin/local/resolve-intrinsics.ts';
import { type SynthesizedStack, templateSchema } from '../../../bin/local/template-schema.ts';

const names = new Map([
  ['Bucket', 'my-bucket'],
  ['Queue', 'http://127.0.0.1:1/0/q'],
  ['Queue.Arn', 'arn:aws:sqs:us-east-1:0:q'],
  ['AWS::Region', 'us-east-1'],
  ['Fn1', 'Fn1'],
]);
const scope: ResolveScope = {
  ref: (name) => names.get(name),
  attribute: (logicalId, attribute) => names.get(`${logicalId}.${attribute}`),
};

describe('resolving intrinsic functions', () => {
  it.each([
    [{ Ref: 'Bucket' }, 'my-bucket'],
    [{ 'Fn::GetAtt': ['Queue', 'Arn'] }, 'arn:aws:sqs:us-east-1:0:q'],
    [{ 'Fn::GetAtt': 'Queue.Arn' }, 'arn:aws:sqs:us-east-1:0:q'],
    [{ 'Fn::Join': ['-', ['a', { Ref: 'Bucket' }, 7]] }, 'a-my-bucket-7'],
    [
      { 'Fn::Sub': `\${Bucket}/\${AWS::Region}/\${Queue.Arn}/\${!kept}` },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: what Fn::Sub leaves alone looks like a placeholder
      'my-bucket/us-east-1/arn:aws:sqs:us-east-1:0:q/${kept}',
    ],
    [{ 'Fn::Sub': [`\${x}`, { x: { Ref: 'Bucket' } }] }, 'my-bucket'],
    [{ 'Fn::Select': ['1', { 'Fn::Split': ['-', { Ref: 'Bucket' }] }] }, 'bucket'],
    ['plain', 'plain'],
    [256, '256'],
  ])('resolves %j', (value, text) => {
    expect(resolveText(value, scope, 'here')).toBe(text);
  });

  it('resolves inside lists and objects, and leaves all else as it is', () => {
    expect(resolve({ a: [{ Ref: 'Bucket' }, null, true], b: { c: 1 } }, scope, 'here')).toEqual({
      a: ['my-bucket', null, true],
      b: { c: 1 },
    });
  });

  it('refuses an intrinsic that it does not know, and says where it stands', () => {
    const value = { list: ['x', { 'Fn::ImportValue': 'other' }] };
    expect(() => resolve(value, scope, 'F.Environment')).toThrow(
      'F.Environment.list[1]: the local host does not know Fn::ImportValue',
    );
  });

  it('refuses names that mean nothing here, and arguments of a wrong form', () => {
    expect(() => resolve({ Ref: 'Role' }, scope, 'F')).toThrow(
      'F: Role is nothing that the local host makes',
    );
    expect(() => resolve({ 'Fn::GetAtt': ['Queue', 'Colour'] }, scope, 'F')).toThrow(
      'F: Queue.Colour is nothing',
    );
    expect(() => resolve({ 'Fn::Join': 'x' }, scope, 'F')).toThrow('arguments of another form');
    expect(() => resolveText({ a: 1 }, scope, 'F')).toThrow('F: must be text');
  });
});

describe('reading functions and mappings from a template', () => {
  const lambda = (extra: object = {}) => ({
    Type: 'AWS::Lambda::Function',
    Properties: { Code: { S3Key: 'abc.zip' }, Handler: 'index.handler', ...extra },
  });
  const stack = (Resources: object): SynthesizedStack => ({
    name: 'Stack',
    template: templateSchema.parse({ Resources }),
    assetDir: (key) => `/out/${key}`,
  });

  it("takes a function's settings, with Lambda's defaults for those left out", () => {
    const Environment = { Variables: { BUCKET_NAME: { Ref: 'Bucket' }, N: '1' } };
    const [all, few] = functionsOf(
      stack({
        ShopExportWindowFunction0A1B2C3D: lambda({
          Environment,
          Timeout: 900,
          MemorySize: 1769,
          LoggingConfig: { LogFormat: 'JSON' },
        }),
        Fn1: lambda(),
      }),
      scope,
    );
    expect(all).toEqual({
      logicalId: 'ShopExportWindowFunction0A1B2C3D',
      name: 'shop-export-window',
      codeDir: '/out/abc.zip',
      handler: 'index.handler',
      timeoutMs: 900_000,
      memoryMb: 1769,
      variables: { BUCKET_NAME: 'my-bucket', N: '1' },
      jsonLogs: true,
    });
    expect(few).toMatchObject({ timeoutMs: 3000, memoryMb: 128, variables: {}, jsonLogs: false });
  });

  it('finds the queue to which a function gives up events', () => {
    const withLetters = (queue: string) =>
      functionsOf(
        stack({
          Queue: { Type: 'AWS::SQS::Queue' },
          Fn1: lambda({ DeadLetterConfig: { TargetArn: { 'Fn::GetAtt': [queue, 'Arn'] } } }),
        }),
        scope,
      );
    expect(withLetters('Queue')[0]?.deadLetterQueueUrl).toBe('http://127.0.0.1:1/0/q');
    expect(() => withLetters('Other')).toThrow('Fn1.DeadLetterConfig.TargetArn: Other.Arn is nothing');
  });

  it('keeps two functions apart whose short names are equal', () => {
    const names = functionsOf(stack({ AFunction00000001: lambda(), AFunction00000002: lambda() }), scope).map(
      (one) => one.name,
    );
    expect(names).toEqual(['AFunction00000001', 'AFunction00000002']);
  });

  it('takes the mappings that are switched on', () => {
    const mapping = (extra: object) => ({
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        EventSourceArn: { 'Fn::GetAtt': ['Queue', 'Arn'] },
        FunctionName: { Ref: 'Fn1' },
        BatchSize: 1,
        ScalingConfig: { MaximumConcurrency: 4 },
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ...extra,
      },
    });
    const Queue = { Type: 'AWS::SQS::Queue' };
    expect(
      mappingsOf(stack({ Queue, Fn1: lambda(), M: mapping({}), Off: mapping({ Enabled: false }) }), scope),
    ).toEqual([
      {
        functionId: 'Fn1',
        queueUrl: 'http://127.0.0.1:1/0/q',
        queueArn: 'arn:aws:sqs:us-east-1:0:q',
        batchSize: 1,
        maxConcurrency: 4,
        reportsItemFailures: true,
      },
    ]);
    expect(() => mappingsOf(stack({ M: mapping({ EventSourceArn: 'arn:other' }) }), scope)).toThrow(
      'M.EventSourceArn: arn:other is no queue of the template',
    );
  });

  it('makes names for people of logical ids', () => {
    expect(shortName('SourceDemoLoadWindowFunctionFunction12AB34CD')).toBe('source-demo-load-window');
    expect(shortName('Plain')).toBe('plain');
  });
});
