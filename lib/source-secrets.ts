import { Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { SourceSettings } from '../functions/shared/source-settings.ts';
import type { CustomerKey } from './constructs/customer-key.ts';
import { SourceSecret } from './constructs/source-secret.ts';
import { secretName } from './source-names.ts';

export interface SourceSecrets {
  readonly mixpanel: SourceSecret;
  readonly platform: SourceSecret;
  /** Only where the source hashes properties. */
  readonly privacy: SourceSecret | undefined;
}

/** The secrets of one source: created, or those that the configuration names. */
export function sourceSecrets(scope: Construct, source: SourceSettings, key: CustomerKey): SourceSecrets {
  const stackName = Stack.of(scope).stackName;
  return {
    mixpanel: new SourceSecret(scope, 'MixpanelSecret', {
      existingName: source.mixpanel.secretName,
      name: secretName(stackName, source.id, 'mixpanel'),
      description: `Mixpanel service account of ${source.id}: fill in username and secret`,
      content: ['username', 'secret'],
      key,
    }),
    platform: new SourceSecret(scope, 'PlatformSecret', {
      existingName: source.platform.secretName,
      name: secretName(stackName, source.id, 'platform'),
      description: `Adobe server-to-server credential of ${source.id}: fill in clientId and clientSecret`,
      content: ['clientId', 'clientSecret'],
      key,
    }),
    privacy:
      source.privacy.hash.length === 0
        ? undefined
        : new SourceSecret(scope, 'PrivacySecret', {
            existingName: source.privacy.keySecretName,
            name: secretName(stackName, source.id, 'privacy'),
            description: `Key of the hashed properties of ${source.id}: with another key, hashes no longer join`,
            content: 'generated',
            key,
          }),
  };
}
