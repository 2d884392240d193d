import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { App } from 'aws-cdk-lib/core';
import type { SourceSettings } from '../functions/shared/source-settings.ts';
import { createFunctionBundles, type FunctionName } from './bundle-functions.ts';

/** Where a source's function gets its code from. */
export type CodeFor = (name: FunctionName, source: SourceSettings) => Code;

/** Code bundled into the app's output folder: no Docker, no network. */
export function bundledCode(app: App): CodeFor {
  const bundles = createFunctionBundles(join(app.outdir, 'bundles'));
  return (name, source) => Code.fromAsset(bundles.folder(name, source.mapping));
}
