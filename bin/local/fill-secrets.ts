import type { ConnectorConfig } from '../../lib/config.ts';
import { secretName } from '../../lib/source-names.ts';
import type { LocalCredentials } from './credentials.ts';
import { ensureKeySecret, fillSecret, type LocalAws } from './provision-resource.ts';

/** Fills every source's secrets, as an operator does after a deployment. */
export async function fillSecrets(
  aws: LocalAws,
  config: ConnectorConfig,
  credentials: LocalCredentials,
): Promise<void> {
  for (const { id, mixpanel, platform, privacy } of config.sources) {
    const name = (kind: 'mixpanel' | 'platform') => secretName(config.stackName, id, kind);
    await fillSecret(aws, mixpanel.secretName ?? name('mixpanel'), credentials.mixpanel);
    await fillSecret(aws, platform.secretName ?? name('platform'), credentials.platform);
    if (privacy.hash.length > 0 && privacy.keySecretName !== undefined) {
      await ensureKeySecret(aws, privacy.keySecretName);
    }
  }
}
