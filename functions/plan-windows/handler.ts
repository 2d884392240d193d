import middy from '@middy/core';
import { createAwsClients } from '../shared/aws-clients.ts';
import { readEnvironment } from '../shared/environment.ts';
import { createLog } from '../shared/log.ts';
import { logInvocation } from '../shared/log-invocation.ts';
import { createS3ObjectStore } from '../shared/s3-object-store.ts';
import { createSqsQueue } from '../shared/sqs-message-queue.ts';
import { planWindowsEnv } from './env.ts';
import { type PlanDeps, planWindows } from './plan-windows.ts';

let deps: PlanDeps | undefined;

function setUp(): PlanDeps {
  const env = readEnvironment(planWindowsEnv);
  const { s3, sqs } = createAwsClients();
  return {
    settings: env.SOURCE,
    store: createS3ObjectStore(s3, env.BUCKET_NAME),
    windowQueue: createSqsQueue(sqs, env.WINDOW_QUEUE_URL),
    clock: Date.now,
    log: createLog({ source: env.SOURCE.id }),
  };
}

/** Schedule → one message per window due. Needs nothing from its event. */
export const handler = middy<unknown, { windows: readonly string[] }>()
  .use(logInvocation(() => deps?.log ?? createLog({})))
  .handler(async () => {
    deps ??= setUp();
    return { windows: await planWindows(deps) };
  });
