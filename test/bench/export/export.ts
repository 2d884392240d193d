import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { exportWindow } from '../../../functions/export-window/export-window.ts';
import { createMixpanelClient } from '../../../functions/shared/mixpanel/mixpanel-client.ts';
import type { ObjectStore } from '../../../functions/shared/object-store.ts';
import { createS3ObjectStore } from '../../../functions/shared/s3-object-store.ts';
import { sourceSchema } from '../../../functions/shared/source-settings.ts';
import { createRecordedLog } from '../../support/recorded-log.ts';
import { createDiscardingStore } from './discarding-store.ts';
import { benchDate, measure } from './protocol.ts';

const bucket = 'bench-archive';

/** Into S3 when an endpoint is given, else into a store that throws away. */
async function openStore(s3Url: string | undefined): Promise<ObjectStore> {
  if (s3Url === undefined) return createDiscardingStore();
  const client = new S3Client({
    endpoint: s3Url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
    forcePathStyle: true,
  });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return createS3ObjectStore(client, bucket);
}

/** One window, exported as the function does it, with everything but the queue around it. */
async function exportOnce(baseUrl: string, s3Url: string | undefined): Promise<void> {
  const settings = sourceSchema.parse({
    id: 'bench',
    mixpanel: { projectId: 2195193, baseUrl, appUrl: baseUrl, timestamps: 'utc' },
    platform: { orgId: 'o@AdobeOrg', sandbox: 'prod', datasetId: 'd', schemaId: 's', tenant: 'acme' },
  });
  const credential = {
    kind: 'serviceAccount',
    username: 'local.000000.mp-service-account',
    secret: 'a-secret-of-some-length',
  } as const;
  const store = await openStore(s3Url);
  const mixpanel = createMixpanelClient({
    baseUrl,
    projectId: settings.mixpanel.projectId,
    credentials: { get: async () => credential, refresh: async () => credential },
    clock: Date.now,
  });
  await measure(async () => {
    const deps = { store, mixpanel, settings, clock: Date.now, log: createRecordedLog() };
    const { manifest } = await exportWindow(deps, { date: benchDate });
    return { lines: manifest.records, bytes: manifest.bytes, duplicates: manifest.duplicates };
  });
}

await exportOnce(process.argv[2] ?? '', process.argv[3]);
