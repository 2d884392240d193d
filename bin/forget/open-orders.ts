import { readFileSync } from 'node:fs';
import { ConfigError } from '../../functions/shared/errors.ts';
import { parseMappingSet } from '../../functions/shared/mapping/index.ts';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import type { Operator, OperatorSource } from '../operator/open-operator.ts';
import { sourcePlatform } from '../operator/source-platform.ts';
import type { Pause } from '../setup/patience.ts';
import { wantedResources } from '../setup/wanted-resources.ts';
import { what, type workOrderScopes } from './forget-options.ts';
import type { FiledOrder } from './forget-record.ts';
import type { FormsOfId } from './forms-of-id.ts';
import type { AskedId } from './read-ids.ts';
import { fileWorkOrders, type NamespaceIds, requireQuota } from './work-orders.ts';

/** Record deletes that are ready to be filed. */
export interface Orders {
  /** How many texts they ask to be deleted. */
  readonly count: number;
  file(filed: (order: FiledOrder) => Promise<void>): Promise<void>;
}

export interface OrdersAsked {
  readonly operator: Operator;
  readonly source: OperatorSource;
  readonly formsOf: FormsOfId;
  readonly asked: readonly AskedId[];
  readonly scope: (typeof workOrderScopes)[number];
  readonly pause: Pause;
}

/**
 * Prepares record deletes, and finds out whether the quota has room for them.
 *
 * @throws {ConfigError} when it has not, or no namespace is known for an id.
 */
export async function openOrders({
  operator,
  source,
  formsOf,
  asked,
  scope,
  pause,
}: OrdersAsked): Promise<Orders> {
  const { platform, id } = source.settings;
  const wanted = namespaceIds(asked, formsOf, source.settings);
  const client = sourcePlatform(operator, source);
  await requireQuota({ client, pause }, wanted);
  const datasetId = scope === 'all' ? 'ALL' : platform.datasetId;
  const displayName = `${operator.config.stackName} ${id}: forget`;
  return {
    count: wanted.reduce((sum, { ids }) => sum + ids.length, 0),
    file: (filed) =>
      fileWorkOrders({ client, pause, datasetId, displayName, clock: Date.now }, wanted, filed),
  };
}

/** Each id in its namespace or, where the file names none, in all that the mapping set writes. */
function namespaceIds(
  asked: readonly AskedId[],
  formsOf: FormsOfId,
  { mapping, platform }: SourceSettings,
): NamespaceIds[] {
  const set = parseMappingSet(readFileSync(mapping, 'utf8'), { variables: { TENANT: platform.tenant } });
  const written = wantedResources(set.rules, platform.tenant).namespaces.map(({ code }) => code);
  const byNamespace = new Map<string, Set<string>>();
  for (const { id, namespace } of asked) {
    for (const code of namespace === undefined ? written : [namespace]) {
      const ids = byNamespace.get(code) ?? new Set();
      byNamespace.set(code, ids);
      for (const form of formsOf(id)) ids.add(form);
    }
  }
  if (byNamespace.size === 0) {
    throw new ConfigError(what, [
      '--work-order: the mapping set writes no namespace to identityMap; name one with each id: {"namespace":"…","id":"…"}',
    ]);
  }
  return [...byNamespace].map(([namespace, ids]) => ({ namespace, ids: [...ids] }));
}
