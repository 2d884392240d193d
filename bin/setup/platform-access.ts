import { ConfigError, RetryableError } from '../../functions/shared/errors.ts';
import {
  createTokenSource,
  type PlatformSecret,
  platformSecretSchema,
} from '../../functions/shared/platform/ims-token.ts';
import {
  createPlatformClient,
  type PlatformClient,
} from '../../functions/shared/platform/platform-client.ts';
import { createSecretReader, type SecretReader } from '../../functions/shared/secret-reader.ts';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import { secretName } from '../../lib/source-names.ts';
import { platformForm } from '../local/credentials.ts';
import { type AwsChoice, createOperatorAws, type OperatorAws } from '../operator/aws-access.ts';
import { explainAwsFailure } from '../operator/aws-failure.ts';

/** Gives each source's client of Platform, one for as long as the command runs: tokens are not asked for twice. */
export interface PlatformAccess {
  /** @throws {ConfigError} when there is no credential for it, saying where one is looked for. */
  clientFor(stackName: string, source: SourceSettings): Promise<PlatformClient>;
  close(): void;
}

/**
 * Access to Platform by the credential in the environment or, without one, by each source's secret: before the first
 * deployment there are no secrets yet.
 *
 * @throws {ConfigError} when the environment has half of a credential.
 */
export function createPlatformAccess(choice: AwsChoice, variables: NodeJS.ProcessEnv): PlatformAccess {
  const given = secretInEnvironment(variables);
  let aws: OperatorAws | undefined;
  const readerFor = async (stackName: string, { id, platform }: SourceSettings) => {
    if (given !== undefined) return { get: async () => given, refresh: async () => given };
    aws ??= createOperatorAws(choice);
    const name = platform.secretName ?? secretName(stackName, id, 'platform');
    const reader = createSecretReader(aws.secrets, name, platformSecretSchema);
    await readOnce(reader);
    return reader;
  };
  const clients = new Map<string, PlatformClient>();
  return {
    async clientFor(stackName, source) {
      const { id, platform } = source;
      const known = clients.get(id);
      if (known !== undefined) return known;
      const secret = await readerFor(stackName, source);
      const { imsUrl, scopes } = platform;
      const tokens = createTokenSource({ imsUrl, scopes, secret, clock: Date.now });
      const client = createPlatformClient({ ...platform, tokens, clock: Date.now });
      clients.set(id, client);
      return client;
    },
    close: () => aws?.close(),
  };
}

function secretInEnvironment(variables: NodeJS.ProcessEnv): PlatformSecret | undefined {
  const clientId = variables[platformForm.clientId] ?? '';
  const clientSecret = variables[platformForm.clientSecret] ?? '';
  if (clientId !== '' && clientSecret !== '') return { clientId, clientSecret };
  if (clientId === '' && clientSecret === '') return undefined;
  const missing = clientId === '' ? platformForm.clientId : platformForm.clientSecret;
  throw new ConfigError('reading the credentials from the environment', [`set ${missing} too, or neither`]);
}

/** Reads it before anything else, so that a secret which can't be read is told of at once. */
async function readOnce(secret: SecretReader<PlatformSecret>): Promise<void> {
  try {
    await secret.get();
  } catch (error) {
    const { clientId, clientSecret } = platformForm;
    const otherwise = `or set ${clientId} and ${clientSecret} in the environment`;
    const cause = explainAwsFailure(error instanceof RetryableError ? error.cause : error);
    if (!(cause instanceof ConfigError)) throw cause;
    throw new ConfigError('reading the Platform credential', [...cause.problems, otherwise], { cause });
  }
}
