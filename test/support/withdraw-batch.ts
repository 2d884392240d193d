import { createBatches } from '../../functions/shared/platform/batches.ts';
import { createTokenSource } from '../../functions/shared/platform/ims-token.ts';
import { createPlatformClient } from '../../functions/shared/platform/platform-client.ts';
import { sourceSchema } from '../../functions/shared/source-settings.ts';
import { localPlatform } from '../simulators/platform/options.ts';
import { startPlatform } from '../simulators/platform/server.ts';

/** Takes a batch out of its dataset, as somebody does in Platform. No other simulator may run on the data. */
export async function withdrawBatch(dataDir: string, batchId: string): Promise<void> {
  const simulator = await startPlatform({ dataDir });
  try {
    const { clientId, clientSecret } = localPlatform;
    const { platform } = sourceSchema.parse({
      id: 'shop',
      mixpanel: { projectId: 7 },
      platform: {
        orgId: localPlatform.orgId,
        sandbox: localPlatform.sandbox,
        datasetId: localPlatform.datasetId,
        schemaId: localPlatform.schemaId,
        tenant: localPlatform.tenant,
        baseUrl: simulator.url,
        imsUrl: simulator.url,
      },
    });
    const secret = { clientId, clientSecret };
    const reader = { get: async () => secret, refresh: async () => secret };
    const tokens = createTokenSource({ ...platform, secret: reader, clock: Date.now });
    const client = createPlatformClient({ ...platform, tokens, clock: Date.now });
    await createBatches(client, platform.wire).revert(batchId);
  } finally {
    await simulator.close();
  }
}
