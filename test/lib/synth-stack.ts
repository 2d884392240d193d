import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { App } from 'aws-cdk-lib/core';
import * as z from 'zod';
import { type ConnectorConfig, configSchema, projectRoot } from '../../lib/config.ts';
import { ConnectorStack } from '../../lib/connector-stack.ts';

const templateSchema = z.looseObject({
  Resources: z.record(
    z.string(),
    z.looseObject({
      Type: z.string(),
      Properties: z.record(z.string(), z.unknown()).default({}),
      DeletionPolicy: z.string().optional(),
      UpdateReplacePolicy: z.string().optional(),
    }),
  ),
  Outputs: z.record(z.string(), z.looseObject({ Value: z.unknown() })).default({}),
  Parameters: z.record(z.string(), z.unknown()).default({}),
  Rules: z.record(z.string(), z.unknown()).default({}),
});
type Template = z.output<typeof templateSchema>;

/** Of a customer's own key. */
export const kmsKeyArn = 'arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef';

export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly deletionPolicy: string | undefined;
  readonly updateReplacePolicy: string | undefined;
}

export interface SynthesisedStack {
  readonly template: Template;
  /**
   * Where alarms and dashboard are: the stack itself or, of many sources, a stack nested in it, whose references are led
   * back to the stack's own resources.
   */
  readonly monitoring: Omit<SynthesisedStack, 'monitoring'>;
  readonly resources: readonly Resource[];
  ofType(type: string): readonly Resource[];
}

/** The example's source under another id, with some of its settings replaced. */
export function sourceInput(id: string, change: Record<string, unknown> = {}): Record<string, unknown> {
  const example: unknown = JSON.parse(
    readFileSync(join(projectRoot, 'connector.config.example.json'), 'utf8'),
  );
  const { sources } = z
    .looseObject({ sources: z.array(z.record(z.string(), z.record(z.string(), z.unknown()).or(z.string()))) })
    .parse(example);
  const source: Record<string, unknown> = { ...sources[0], id };
  for (const [key, value] of Object.entries(change)) {
    const before = source[key];
    source[key] = isRecord(before) && isRecord(value) ? { ...before, ...value } : value;
  }
  return source;
}

export function configOf(input: Record<string, unknown> = {}): ConnectorConfig {
  return configSchema.parse({ sources: [sourceInput('shop-eu')], ...input });
}

/** One source, with all that can be switched on. */
export function everythingOn(): ConnectorConfig {
  return configOf({
    staticEgress: true,
    staticEgressFamily: 'dualstack',
    alarmEmail: 'team@example.com',
    archive: { kmsKeyArn, accessLog: true },
    sources: [sourceInput('shop', { privacy: { hash: ['$email'] } })],
  });
}

/** The feature flags that `cdk` would pass. */
export function cdkContext(): Record<string, unknown> {
  const settings: unknown = JSON.parse(readFileSync(join(projectRoot, 'cdk.json'), 'utf8'));
  return z.looseObject({ context: z.record(z.string(), z.unknown()) }).parse(settings).context;
}

/** CDK's own check of each template takes seconds; `cdk synth` in CI makes it once. */
const withoutRules = { '@aws-cdk/core:validateAgainstDefaultRules': false };

/** Builds the stack in memory; the functions' code stands for itself, so nothing is bundled. */
export function synthesise(config: ConnectorConfig): SynthesisedStack {
  const { template, nested } = templatesOf(config);
  return { ...view(template), monitoring: view(nested) };
}

function view(template: Template): Omit<SynthesisedStack, 'monitoring'> {
  const resources = Object.entries(template.Resources).map(([id, resource]) => ({
    id,
    type: resource.Type,
    properties: resource.Properties,
    deletionPolicy: resource.DeletionPolicy,
    updateReplacePolicy: resource.UpdateReplacePolicy,
  }));
  return { template, resources, ofType: (type) => resources.filter((resource) => resource.type === type) };
}

function templatesOf(config: ConnectorConfig): { readonly template: Template; readonly nested: Template } {
  const outdir = mkdtempSync(join(tmpdir(), 'connector-synth-'));
  try {
    const context = { ...cdkContext(), ...withoutRules };
    const app = new App({ context, outdir, analyticsReporting: false });
    new ConnectorStack(app, { config, codeFor: () => Code.fromInline('exports.handler = async () => {};') });
    const template = templateSchema.parse(app.synth().getStackByName(config.stackName).template);
    const files = readdirSync(outdir).filter((file) => file.endsWith('.nested.template.json'));
    const [file] = files;
    if (file === undefined) return { template, nested: template };
    const nested: unknown = JSON.parse(readFileSync(join(outdir, file), 'utf8'));
    return { template, nested: templateSchema.parse(resolved(nested, nestedParameters(template))) };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

function nestedParameters(template: Template): Readonly<Record<string, unknown>> {
  const nested = Object.values(template.Resources).find(({ Type }) => Type === 'AWS::CloudFormation::Stack');
  return z.looseObject({ Parameters: z.record(z.string(), z.unknown()) }).parse(nested?.Properties)
    .Parameters;
}

/** A template with what its parent gives it in the place of each parameter. */
function resolved(value: unknown, parameters: Readonly<Record<string, unknown>>): unknown {
  if (Array.isArray(value)) return value.map((one) => resolved(one, parameters));
  if (!isRecord(value)) return value;
  const { Ref } = value;
  if (typeof Ref === 'string' && Object.hasOwn(parameters, Ref)) return parameters[Ref];
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolved(one, parameters)]));
}

/** The logical id that `Ref` or `Fn::GetAtt` points at. */
export function referenced(value: unknown): string | undefined {
  const reference = z
    .union([
      z.object({ Ref: z.string() }).transform(({ Ref }) => Ref),
      z.object({ 'Fn::GetAtt': z.array(z.string()) }).transform((get) => get['Fn::GetAtt'][0]),
    ])
    .safeParse(value);
  return reference.data;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
