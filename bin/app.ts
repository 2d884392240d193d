import { App } from 'aws-cdk-lib/core';
import { ConfigError } from '../functions/shared/errors.ts';
import { loadConfig } from '../lib/config.ts';
import { configFileForSynth } from '../lib/config-for-synth.ts';
import { ConnectorStack } from '../lib/connector-stack.ts';
import { bundledCode } from '../lib/function-code.ts';

try {
  // Synthesised below, and not once more at exit, where half a stack would follow a refused configuration.
  const app = new App({ autoSynth: false });
  const file = configFileForSynth(app.node.tryGetContext('config'), (note) => console.error(note));
  new ConnectorStack(app, { config: loadConfig(file), codeFor: bundledCode(app) });
  app.synth();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
