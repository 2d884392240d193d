import { setTimeout as wait } from 'node:timers/promises';
import { type Batches, createBatches } from '../../functions/shared/platform/batches.ts';
import type { PlatformClient } from '../../functions/shared/platform/platform-client.ts';
import type { Operator, OperatorSource } from '../operator/open-operator.ts';
import { sourcePlatform } from '../operator/source-platform.ts';
import { withPatience } from '../setup/patience.ts';

/** A source's Platform, asked with the patience of a person who waits. */
export interface OpenPlatform {
  readonly client: PlatformClient;
  readonly batches: Batches;
}

/** With the credential in the source's secret. Only what changes nothing may be asked: it is asked again after a fault. */
export function openPlatform({ aws }: Pick<Operator, 'aws'>, source: OperatorSource): OpenPlatform {
  const hasty = sourcePlatform({ aws }, source);
  const client: PlatformClient = {
    send: (request) =>
      withPatience(
        (ms) => wait(ms),
        () => hasty.send(request),
      ),
  };
  return { client, batches: createBatches(client, source.settings.platform.wire) };
}
