import { Token } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { ConfigError } from '../../functions/shared/errors.ts';

/** Lambda's limit on all variables of a function together, names and values. */
const maxEnvironmentBytes = 4096;

/** What a value takes that is only known when it is deployed. */
const longestUrl = 'https://sqs.ap-southeast-4.amazonaws.com.cn/123456789012/'.length + 80;
const longestArn = 'arn:aws-us-gov:secretsmanager:ap-southeast-4:123456789012:secret:'.length + 150;
const longestBucketName = 63;

/**
 * Refuses at synth what Lambda would refuse in the middle of a deployment.
 *
 * @throws {ConfigError} when a source's settings make the function's environment too large.
 */
export function checkEnvironmentSize(scope: Construct, environment: Readonly<Record<string, string>>): void {
  const bytes = Object.entries(environment).reduce(
    (sum, [name, value]) => sum + name.length + valueBytes(name, value),
    0,
  );
  if (bytes <= maxEnvironmentBytes) return;
  throw new ConfigError(`building ${scope.node.path}`, [
    `the source's settings make an environment of ${bytes} bytes, and Lambda allows ${maxEnvironmentBytes}; ` +
      'shorten mixpanel.events, mixpanel.where, privacy.drop or privacy.hash',
  ]);
}

function valueBytes(name: string, value: string): number {
  if (!Token.isUnresolved(value)) return Buffer.byteLength(value);
  if (name.endsWith('_URL')) return longestUrl;
  return name === 'BUCKET_NAME' ? longestBucketName : longestArn;
}
