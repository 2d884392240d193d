import { parseArgs } from 'node:util';
import * as z from 'zod';
import { ConfigError } from '../../../functions/shared/errors.ts';
import { parseWith } from '../../../functions/shared/parse.ts';
import { startPlatform } from './server.ts';

const usage = `Runs the Platform simulator.

  --port N              port on 127.0.0.1 (default: any free one)
  --data DIR            where its data is kept (required)
  --processing-ms N     from COMPLETE to success (default 1500)
  --token-ttl N         seconds that a token lives (default 86399)
  --faults RATE         share of requests that go wrong, 0 to 1 (default 0)
  --seed N              which ones go wrong (default 1)
  --org, --sandbox, --client-id, --tenant, --dataset, --schema
                        what it stands for (default: what the local set-up is configured with);
                        --dataset may be given several times
  --extraneous refuse|drop   fields that the schema does not have (default refuse)
  --empty              nothing is set up beforehand: no schema, no dataset, no namespace, no inlet

The client's secret is read from PLATFORM_SIM_CLIENT_SECRET (default: local-secret).
`;

const count = z.string().regex(/^\d+$/, 'must be a whole number').transform(Number);

const flagsSchema = z.strictObject({
  port: count.optional(),
  data: z.string('is required').min(1),
  'processing-ms': count.optional(),
  'token-ttl': count.optional(),
  faults: z.coerce.number().min(0).max(1).optional(),
  seed: count.default(1),
  org: z.string().optional(),
  sandbox: z.string().optional(),
  'client-id': z.string().optional(),
  tenant: z.string().optional(),
  dataset: z.array(z.string()).optional(),
  schema: z.string().optional(),
  extraneous: z.enum(['refuse', 'drop']).optional(),
  empty: z.boolean().default(false),
});

function readFlags(): z.output<typeof flagsSchema> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      port: text,
      data: text,
      'processing-ms': text,
      'token-ttl': text,
      faults: text,
      seed: text,
      org: text,
      sandbox: text,
      'client-id': text,
      tenant: text,
      dataset: { type: 'string', multiple: true },
      schema: text,
      extraneous: text,
      empty: { type: 'boolean' },
    },
  });
  return parseWith(flagsSchema, { ...values }, 'reading the flags');
}

async function main(): Promise<void> {
  const flags = readFlags();
  const simulator = await startPlatform({
    dataDir: flags.data,
    provision: !flags.empty,
    port: flags.port,
    processingMs: flags['processing-ms'],
    tokenTtlSeconds: flags['token-ttl'],
    orgId: flags.org,
    sandboxes: flags.sandbox === undefined ? undefined : [flags.sandbox],
    clientId: flags['client-id'],
    clientSecret: process.env.PLATFORM_SIM_CLIENT_SECRET,
    tenant: flags.tenant,
    datasetIds: flags.dataset,
    schemaId: flags.schema,
    extraneousFields: flags.extraneous,
    badDay: flags.faults ? { rate: flags.faults, seed: flags.seed } : undefined,
  });
  process.stdout.write(`${JSON.stringify({ ready: true, url: simulator.url })}\n`);
  const stop = () => {
    simulator.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  // A parent that goes away takes its channel with it.
  process.once('disconnect', stop);
}

main().catch((error: unknown) => {
  const text = error instanceof Error ? error.message : String(error);
  // `parseArgs` raises type errors of its own about the flags.
  const isUsage = error instanceof ConfigError || error instanceof TypeError;
  process.stderr.write(isUsage ? `${text}\n\n${usage}` : `${text}\n`);
  process.exitCode = isUsage ? 2 : 1;
});
