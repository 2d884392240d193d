import { createAwsClients } from '../shared/aws-clients.ts';
import { createBackfillStore } from '../shared/backfill-store.ts';
import { readEnvironment } from '../shared/environment.ts';
import { createLedgerStore } from '../shared/ledger-store.ts';
import { createLog } from '../shared/log.ts';
import { createMetrics } from '../shared/metrics.ts';
import { mixpanelSecretSchema } from '../shared/mixpanel/credentials.ts';
import { explainRefusal, hostsOf } from '../shared/mixpanel/explain-refusal.ts';
import { createMixpanelClient } from '../shared/mixpanel/mixpanel-client.ts';
import { privacySecretSchema } from '../shared/privacy-secret.ts';
import { createQueryBudget } from '../shared/query-budget.ts';
import { queueHandler } from '../shared/queue-handler.ts';
import { createS3ObjectStore } from '../shared/s3-object-store.ts';
import { createSecretReader } from '../shared/secret-reader.ts';
import { createSqsQueue, createSqsWorkQueue } from '../shared/sqs-message-queue.ts';
import { exportWindowEnv } from './env.ts';
import { createExportWork } from './export-work.ts';
import { createSlicedRunStore } from './slices/sliced-run-store.ts';

/** Window queue → one proven-complete run in the archive, and a request to deliver it. */
export const handler = queueHandler(() => {
  const env = readEnvironment(exportWindowEnv);
  const { s3, sqs, secrets } = createAwsClients();
  const { id, mixpanel } = env.SOURCE;
  const clock = Date.now;
  const log = createLog({ source: id });
  const metrics = createMetrics({ stackName: env.STACK_NAME, source: id }, clock);
  const store = createS3ObjectStore(s3, env.BUCKET_NAME);
  const credentials = createSecretReader(secrets, env.MIXPANEL_SECRET_ID, mixpanelSecretSchema);
  const privacyId = env.PRIVACY_SECRET_ID;
  const privacy =
    privacyId === undefined ? undefined : createSecretReader(secrets, privacyId, privacySecretSchema);
  const queue = createSqsWorkQueue(sqs, env.WINDOW_QUEUE_URL);
  return {
    queue,
    deadLetters: createSqsQueue(sqs, env.WINDOW_DEAD_LETTER_QUEUE_URL),
    maxReceiveCount: env.MAX_RECEIVE_COUNT,
    log,
    metrics,
    work: createExportWork({
      settings: env.SOURCE,
      store,
      ledgers: createLedgerStore(store, clock),
      backfills: createBackfillStore(store, clock),
      mixpanel: createMixpanelClient({
        ...mixpanel,
        credentials,
        secretId: env.MIXPANEL_SECRET_ID,
        explainRefusal: (credential) =>
          explainRefusal({ credential, projectId: mixpanel.projectId, hosts: hostsOf(mixpanel) }),
        clock,
      }),
      slicedRuns: createSlicedRunStore(store),
      budget: createQueryBudget(store, { ...mixpanel, dailyReserve: env.PROJECT_DAILY_WINDOWS, clock }),
      windowQueue: queue,
      loadQueue: createSqsQueue(sqs, env.LOAD_QUEUE_URL),
      ...(privacy === undefined ? {} : { readPrivacyKey: async () => (await privacy.get()).key }),
      clock,
      log,
      metrics,
    }),
  };
});
