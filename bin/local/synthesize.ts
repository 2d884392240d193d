import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib/core';
import * as z from 'zod';
import { parseJsonWith } from '../../functions/shared/parse.ts';
import { type ConnectorConfig, projectRoot } from '../../lib/config.ts';
import { ConnectorStack } from '../../lib/connector-stack.ts';
import { bundledCode } from '../../lib/function-code.ts';
import { readStack, type SynthesizedStack } from './template-schema.ts';

const cdkJsonSchema = z.looseObject({ context: z.record(z.string(), z.unknown()) });

/**
 * Bundles the functions and synthesizes the stack, with the same feature flags as a deployment.
 *
 * @throws {ConfigError} when the configuration can't be deployed.
 */
export function synthesize(config: ConnectorConfig, outdir: string): SynthesizedStack {
  rmSync(outdir, { recursive: true, force: true });
  const { context } = parseJsonWith(
    cdkJsonSchema,
    readFileSync(join(projectRoot, 'cdk.json'), 'utf8'),
    'reading cdk.json',
  );
  const app = new App({ outdir, context, analyticsReporting: false, treeMetadata: false });
  const stack = new ConnectorStack(app, { config, codeFor: bundledCode(app) });
  app.synth();
  return readStack(outdir, stack.stackName);
}
