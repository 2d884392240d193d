import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { parseJsonWith } from '../../functions/shared/parse.ts';

/** A value of a template: text, or an intrinsic function that the host resolves. */
const value = z.unknown();

const resource = z.looseObject({
  Type: z.string(),
  Properties: z.record(z.string(), value).default({}),
});

export const templateSchema = z.looseObject({
  Parameters: z.record(z.string(), z.looseObject({ Default: z.string().optional() })).default({}),
  Resources: z.record(z.string(), resource),
  Outputs: z.record(z.string(), z.looseObject({ Value: value })).default({}),
});
export type Template = z.output<typeof templateSchema>;

export const queueProperties = z.looseObject({
  QueueName: value.optional(),
  VisibilityTimeout: z.number().optional(),
  MessageRetentionPeriod: z.number().optional(),
  DelaySeconds: z.number().optional(),
  RedrivePolicy: z.looseObject({ deadLetterTargetArn: value, maxReceiveCount: z.number() }).optional(),
});

export const secretProperties = z.looseObject({
  Name: value.optional(),
  SecretString: value.optional(),
  GenerateSecretString: z
    .looseObject({
      SecretStringTemplate: z.string().optional(),
      GenerateStringKey: z.string().optional(),
      PasswordLength: z.number().default(32),
    })
    .optional(),
});

export const functionProperties = z.looseObject({
  Code: z.looseObject({ S3Key: z.string('must be the key of an asset') }),
  Handler: z.string(),
  // Lambda's own defaults.
  Timeout: z.number().default(3),
  MemorySize: z.number().default(128),
  Environment: z.looseObject({ Variables: z.record(z.string(), value).default({}) }).prefault({}),
  LoggingConfig: z.looseObject({ LogFormat: z.string().optional() }).optional(),
  DeadLetterConfig: z.looseObject({ TargetArn: value }).optional(),
});

export const mappingProperties = z.looseObject({
  EventSourceArn: value,
  FunctionName: value,
  Enabled: z.boolean().default(true),
  // Lambda's default for queues.
  BatchSize: z.number().default(10),
  ScalingConfig: z.looseObject({ MaximumConcurrency: z.number().optional() }).optional(),
  FunctionResponseTypes: z.array(z.string()).default([]),
});

const assetManifestSchema = z.looseObject({
  files: z.record(z.string(), z.looseObject({ source: z.looseObject({ path: z.string().optional() }) })),
});

/** A stack as CDK wrote it: its template, and the folder of each asset by its key in the assets bucket. */
export interface SynthesizedStack {
  readonly name: string;
  readonly template: Template;
  /** @throws when the template names an asset that CDK did not write. */
  assetDir(key: string): string;
}

/** Reads a stack from a cloud assembly's folder. */
export function readStack(assemblyDir: string, stackName: string): SynthesizedStack {
  const read = <Schema extends z.ZodType>(schema: Schema, file: string) =>
    parseJsonWith(schema, readFileSync(join(assemblyDir, file), 'utf8'), `reading ${file}`);
  const template = read(templateSchema, `${stackName}.template.json`);
  const { files } = read(assetManifestSchema, `${stackName}.assets.json`);
  return {
    name: stackName,
    template,
    assetDir(key) {
      // A key is the asset's hash and how it was packed.
      const path = files[key.replace(/\.zip$/, '')]?.source.path;
      if (path === undefined)
        throw new Error(`the template names the asset ${key}, which was not synthesized`);
      return join(assemblyDir, path);
    },
  };
}
