import * as z from 'zod';
import { ConfigError, ConnectorError } from '../../functions/shared/errors.ts';
import type { PlatformClient } from '../../functions/shared/platform/platform-client.ts';
import { parseAnswer } from '../../functions/shared/vendor-request.ts';
import { type Pause, withPatience } from '../setup/patience.ts';
import type { FiledOrder } from './forget-record.ts';

const path = '/data/core/hygiene';

/** Adobe names no limit of an order; so many ids are a small request, and each order that was taken is noted. */
const idsPerOrder = 1000;

const quotaSchema = z.looseObject({
  quotas: z.array(z.looseObject({ name: z.string(), consumed: z.coerce.number(), quota: z.coerce.number() })),
});
/** Those of deletes by identity; there are others, of whole datasets. */
const quotaNames = ['dailyConsumerDeleteIdentitiesQuota', 'monthlyConsumerDeleteIdentitiesQuota'];
const orderSchema = z.looseObject({ workorderId: z.string().min(1) });

/** Ids of one namespace that Platform is to delete. */
export interface NamespaceIds {
  readonly namespace: string;
  readonly ids: readonly string[];
}

export interface OrderDeps {
  readonly client: PlatformClient;
  readonly pause: Pause;
  /** A dataset's id, or ALL. */
  readonly datasetId: string;
  readonly displayName: string;
  readonly clock: () => number;
}

/**
 * Checks that the quota has room for all of them, before anything is asked for.
 *
 * @throws {ConfigError} when it has not.
 */
export async function requireQuota(
  { client, pause }: Pick<OrderDeps, 'client' | 'pause'>,
  wanted: readonly NamespaceIds[],
): Promise<void> {
  const act = 'asking for the quota of record deletes';
  const answer = await withPatience(pause, () => client.send({ act, method: 'GET', path: `${path}/quota` }));
  const { quotas } = parseAnswer(quotaSchema, answer.text, act);
  const count = wanted.reduce((sum, { ids }) => sum + ids.length, 0);
  const problems = quotas
    .filter(({ name, consumed, quota }) => quotaNames.includes(name) && consumed + count > quota)
    .map(
      ({ name, consumed, quota }) =>
        `--work-order: needs ${count} of ${name}, of which ${quota - consumed} are left`,
    );
  if (problems.length > 0) throw new ConfigError('filing record deletes', problems);
}

/**
 * Files record deletes, an order at a time. Repeated after a crash, an order deletes once more what is gone already: it
 * costs quota and does no harm.
 *
 * @param filed is told of each order that Platform has taken.
 */
export async function fileWorkOrders(
  deps: OrderDeps,
  wanted: readonly NamespaceIds[],
  filed: (order: FiledOrder) => Promise<void>,
): Promise<void> {
  for (const { namespace, ids } of wanted) {
    for (let first = 0; first < ids.length; first += idsPerOrder) {
      const some = ids.slice(first, first + idsPerOrder);
      const id = await fileOne(deps, { namespace, ids: some });
      const at = new Date(deps.clock()).toISOString();
      await filed({ id, dataset: deps.datasetId, namespace, ids: some.length, at });
    }
  }
}

async function fileOne(
  { client, pause, datasetId, displayName }: OrderDeps,
  { namespace, ids }: NamespaceIds,
): Promise<string> {
  const act = 'filing a record delete';
  const body = JSON.stringify({
    displayName,
    description: "Deletion of persons' data by the Mixpanel source connector",
    action: 'delete_identity',
    datasetId,
    namespacesIdentities: [{ namespace: { code: namespace }, IDs: ids }],
  });
  const headers = { 'content-type': 'application/json' };
  try {
    const answer = await withPatience(pause, () =>
      client.send({ act, method: 'POST', path: `${path}/workorder`, headers, body: () => body }),
    );
    return parseAnswer(orderSchema, answer.text, act).workorderId;
  } catch (error) {
    throw withoutIds(error, ids);
  }
}

/** Platform's words may repeat what was sent; an error must not. */
function withoutIds(error: unknown, ids: readonly string[]): unknown {
  if (!(error instanceof ConnectorError) || error instanceof ConfigError) return error;
  const message = ids.reduce((text, id) => text.replaceAll(id, '***'), error.message);
  return message === error.message ? error : new ConnectorError(error.code, message, error.retryable);
}
