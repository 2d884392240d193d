import { readFileSync } from 'node:fs';
import { createAwsClients } from '../shared/aws-clients.ts';
import { createDeliveryBudget } from '../shared/delivery-budget.ts';
import { readEnvironment } from '../shared/environment.ts';
import { createLedgerStore } from '../shared/ledger-store.ts';
import { createLog } from '../shared/log.ts';
import { parseMappingSet } from '../shared/mapping/index.ts';
import { createMetrics } from '../shared/metrics.ts';
import { createBatches } from '../shared/platform/batches.ts';
import { sandboxOf } from '../shared/platform/guardrails.ts';
import { createTokenSource, platformSecretSchema } from '../shared/platform/ims-token.ts';
import { openInlet } from '../shared/platform/inlet.ts';
import { createPlatformClient } from '../shared/platform/platform-client.ts';
import { createRefusedRows } from '../shared/platform/refused-rows.ts';
import { createSchemaRegistry } from '../shared/platform/schema-registry.ts';
import { queueHandler } from '../shared/queue-handler.ts';
import { createS3ObjectStore } from '../shared/s3-object-store.ts';
import { createSecretReader } from '../shared/secret-reader.ts';
import { createSqsQueue, createSqsWorkQueue } from '../shared/sqs-message-queue.ts';
import { createSchemaKeeper } from '../shared/stored-schema.ts';
import { loadWindowEnv } from './env.ts';
import { createLoadWork } from './load-work.ts';
import { createMappingOpener } from './open-mapping.ts';

/** The source's mapping set; the stack puts it beside the bundled function. */
const mappingFile = new URL('mapping.json', import.meta.url);

/** Load queue → rows of XDM in one Platform batch per window and run. */
export const handler = queueHandler(() => {
  const env = readEnvironment(loadWindowEnv);
  const { s3, sqs, secrets } = createAwsClients();
  const { platform, id, strictMapping } = env.SOURCE;
  const log = createLog({ source: id });
  const clock = Date.now;
  const store = createS3ObjectStore(s3, env.BUCKET_NAME);
  const set = parseMappingSet(readFileSync(mappingFile, 'utf8'), { variables: { TENANT: platform.tenant } });
  const secret = createSecretReader(secrets, env.PLATFORM_SECRET_ID, platformSecretSchema);
  const tokens = createTokenSource({ imsUrl: platform.imsUrl, scopes: platform.scopes, secret, clock });
  const client = createPlatformClient({ ...platform, tokens, clock });
  const registry = createSchemaRegistry(client);
  const schemas = createSchemaKeeper({ ...platform, source: id, store, registry, clock, log });
  const queue = createSqsWorkQueue(sqs, env.LOAD_QUEUE_URL);
  const metrics = createMetrics({ stackName: env.STACK_NAME, source: id }, clock);
  return {
    queue,
    deadLetters: createSqsQueue(sqs, env.LOAD_DEAD_LETTER_QUEUE_URL),
    maxReceiveCount: env.MAX_RECEIVE_COUNT,
    log,
    metrics,
    work: createLoadWork({
      stackName: env.STACK_NAME,
      settings: env.SOURCE,
      store,
      ledgers: createLedgerStore(store, clock),
      batches: createBatches(client, platform.wire),
      budget: createDeliveryBudget(store, {
        sandbox: sandboxOf(env.SOURCE),
        dailyBatchBudget: platform.dailyBatchBudget,
        dailyReserve: env.SANDBOX_DAILY_WINDOWS,
        clock,
      }),
      refusedRows: createRefusedRows(client, platform.wire),
      ...(platform.delivery === 'streaming' ? { inlet: openInlet(platform, { tokens, clock }) } : {}),
      loadQueue: queue,
      openMapping: createMappingOpener({ ...platform, set, strict: strictMapping, schemas, clock, log }),
      clock,
      log,
      metrics,
    }),
  };
});
