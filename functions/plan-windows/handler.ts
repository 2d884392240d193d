import middy from '@middy/core';
import { createAwsClients } from '../shared/aws-clients.ts';
import { readEnvironment } from '../shared/environment.ts';
import { createLog } from '../shared/log.ts';
import { logInvocation } from '../shared/log-invocation.ts';
import { createMetrics } from '../shared/metrics.ts';
import { mixpanelSecretSchema } from '../shared/mixpanel/credentials.ts';
import { createS3ObjectStore } from '../shared/s3-object-store.ts';
import { createSecretReader } from '../shared/secret-reader.ts';
import { createSqsQueue } from '../shared/sqs-message-queue.ts';
import { planWindowsEnv, watchEventSchema } from './env.ts';
import { type PlanDeps, planWindows } from './plan-windows.ts';
import { type WatchDeps, watchCredential, watchHourly, watchWindows } from './watch-source.ts';

let deps: (PlanDeps & WatchDeps) | undefined;

function setUp(): PlanDeps & WatchDeps {
  const env = readEnvironment(planWindowsEnv);
  const { s3, sqs, secrets } = createAwsClients();
  return {
    settings: env.SOURCE,
    store: createS3ObjectStore(s3, env.BUCKET_NAME),
    windowQueue: createSqsQueue(sqs, env.WINDOW_QUEUE_URL),
    credentials: createSecretReader(secrets, env.MIXPANEL_SECRET_ID, mixpanelSecretSchema),
    secretId: env.MIXPANEL_SECRET_ID,
    clock: Date.now,
    log: createLog({ source: env.SOURCE.id }),
    metrics: createMetrics({ stackName: env.STACK_NAME, source: env.SOURCE.id }, Date.now),
  };
}

/**
 * Schedule → one message per window due, and a look at how the source fares. Needs nothing from its event; the hourly
 * schedule's event asks for the look alone.
 */
export const handler = middy<unknown, { windows: readonly string[] }>()
  .use(logInvocation(() => deps?.log ?? createLog({})))
  .handler(async (event, { awsRequestId: requestId }) => {
    deps ??= setUp();
    deps.log.begin({ requestId });
    if (watchEventSchema.safeParse(event).success) {
      await watchHourly(deps);
      return { windows: [] };
    }
    const windows = await planWindows(deps);
    await Promise.all([watchWindows(deps), watchCredential(deps)]);
    return { windows };
  });
