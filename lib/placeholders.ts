import { CfnParameter, CfnRule, Fn, type Stack } from 'aws-cdk-lib/core';

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
