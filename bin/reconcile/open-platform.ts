import { setTimeout as wait } from 'node:timers/promises';
import { type Batches, createBatches } from '../../functions/shared/platform/batches.ts';
import { createTokenSource, platformSecretSchema } from '../../functions/shared/platform/ims-token.ts';
import {
  createPlatformClient,
  type PlatformClient,
} from '../../functions/shared/platform/platform-client.ts';
import { createSecretReader } from '../../functions/shared/secret-reader.ts';
import type { Operator, OperatorSource } from '../operator/open-operator.ts';
import { withPatience } from '../setup/patience.ts';

/** A source's Platform, asked with the patience of a person who waits. */
export interface OpenPlatform {
  readonly client: PlatformClient;
  readonly batches: Batches;
}

/** With the credential in the source's secret. Only what changes nothing may be asked: it is asked again after a fault. */
export function openPlatform({ aws }: Pick<Operator, 'aws'>, source: OperatorSource): OpenPlatform {
  const { platform } = source.settings;
  const secret = createSecretReader(aws.secrets, source.platformSecretId, platformSecretSchema);
  const tokens = createTokenSource({ ...platform, secret, clock: Date.now });
  const hasty = createPlatformClient({ ...platform, tokens, clock: Date.now });
  const client: PlatformClient = {
    send: (request) =>
      withPatience(
        (ms) => wait(ms),
        () => hasty.send(request),
      ),
  };
  return { client, batches: createBatches(client, platform.wire) };
}
