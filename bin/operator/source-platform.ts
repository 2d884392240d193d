import { createTokenSource, platformSecretSchema } from '../../functions/shared/platform/ims-token.ts';
import {
  createPlatformClient,
  type PlatformClient,
} from '../../functions/shared/platform/platform-client.ts';
import { createSecretReader } from '../../functions/shared/secret-reader.ts';
import type { Operator, OperatorSource } from './open-operator.ts';

/** A source's Platform, by the credential in the source's secret. */
export function sourcePlatform({ aws }: Pick<Operator, 'aws'>, source: OperatorSource): PlatformClient {
  const { platform } = source.settings;
  const secret = createSecretReader(aws.secrets, source.platformSecretId, platformSecretSchema);
  const tokens = createTokenSource({ ...platform, secret, clock: Date.now });
  return createPlatformClient({ ...platform, tokens, clock: Date.now });
}
