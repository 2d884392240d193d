import { mixpanelSecretSchema } from '../../functions/shared/mixpanel/credentials.ts';
import { explainRefusal, hostsOf } from '../../functions/shared/mixpanel/explain-refusal.ts';
import {
  createMixpanelClient,
  type MixpanelClient,
} from '../../functions/shared/mixpanel/mixpanel-client.ts';
import { privacySecretSchema } from '../../functions/shared/privacy-secret.ts';
import {
  createQueryBudget,
  projectDailyWindows,
  type QueryBudget,
} from '../../functions/shared/query-budget.ts';
import { createSecretReader } from '../../functions/shared/secret-reader.ts';
import type { Operator, OperatorSource } from '../operator/open-operator.ts';

/** A source's Mixpanel, asked as its export function asks it. */
export interface OpenMixpanel {
  readonly client: MixpanelClient;
  /** Shared with all functions of the project. */
  readonly budget: QueryBudget;
  /** The key of hashed properties; undefined where the source hashes none. */
  readonly readPrivacyKey: () => Promise<string | undefined>;
}

/** With the credential in the source's secret. */
export function openMixpanel(
  { aws, store, config }: Pick<Operator, 'aws' | 'store' | 'config'>,
  { settings, mixpanelSecretId, privacySecretId }: OperatorSource,
): OpenMixpanel {
  const { mixpanel, privacy } = settings;
  const clock = Date.now;
  return {
    client: createMixpanelClient({
      ...mixpanel,
      credentials: createSecretReader(aws.secrets, mixpanelSecretId, mixpanelSecretSchema),
      secretId: mixpanelSecretId,
      explainRefusal: (credential) =>
        explainRefusal({ credential, projectId: mixpanel.projectId, hosts: hostsOf(mixpanel) }),
      clock,
    }),
    budget: createQueryBudget(store, {
      ...mixpanel,
      dailyReserve: projectDailyWindows(config.sources, settings),
      clock,
    }),
    async readPrivacyKey() {
      if (privacy.hash.length === 0) return undefined;
      return (await createSecretReader(aws.secrets, privacySecretId, privacySecretSchema).get()).key;
    },
  };
}
