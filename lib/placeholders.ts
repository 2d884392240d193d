import { CfnParameter, CfnRule, Fn, type Stack } from 'aws-cdk-lib/core';
import type { ConnectorConfig } from './config.ts';

/** Values of connector.config.example.json that belong to nobody. */
const exampleValues: ReadonlySet<string> = new Set([
  '999999999',
  '000000000000000000000000@AdobeOrg',
  '000000000000000000000000',
  'https://ns.adobe.com/yourtenant/schemas/00000000000000000000000000000000',
  'yourtenant',
]);

/** Paths that still hold a value of the example. */
export function placeholdersIn(config: ConnectorConfig): string[] {
  return config.sources.flatMap((source, index) => {
    const { projectId } = source.mixpanel;
    const { orgId, datasetId, schemaId, tenant } = source.platform;
    const values = {
      'mixpanel.projectId': projectId,
      'platform.orgId': orgId,
      'platform.datasetId': datasetId,
      'platform.schemaId': schemaId,
      'platform.tenant': tenant,
    };
    return Object.entries(values)
      .filter(([, value]) => exampleValues.has(value))
      .map(([path]) => `sources[${index}].${path}`);
  });
}

/**
 * Makes a stack that can be looked at but not deployed. The app can't see whether it is run by `cdk synth` or
 * `cdk deploy`, and an error would stop both. So the template asks for a parameter that nobody passes: `cdk deploy`
 * says so and stops before it changes anything. Whoever uploads the template by hand is told by the rule.
 */
export function refuseDeployment(stack: Stack, placeholders: readonly string[]): void {
  const advice =
    'This template was made from example values. Copy connector.config.example.json to connector.config.json, ' +
    `fill in ${placeholders.join(', ')} and synthesise again.`;
  const parameter = new CfnParameter(stack, 'ConfigurationStillHasExampleValues', { description: advice });
  new CfnRule(stack, 'RefuseExampleValues', {
    assertions: [
      {
        assert: Fn.conditionEquals(parameter.valueAsString, 'deploy the example all the same'),
        assertDescription: advice,
      },
    ],
  });
}
