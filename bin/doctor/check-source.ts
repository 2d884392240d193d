import type { ObjectStore } from '../../functions/shared/object-store.ts';
import { createTokenSource } from '../../functions/shared/platform/ims-token.ts';
import {
  createPlatformClient,
  type PlatformClient,
} from '../../functions/shared/platform/platform-client.ts';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import type { CheckReport } from './check.ts';
import { skipped } from './check.ts';
import { checkMixpanel } from './check-mixpanel.ts';
import { checkPlatform } from './check-platform.ts';
import { checkTimeStorage } from './check-time-storage.ts';
import type { createClockWatch } from './clock-watch.ts';
import type { DoctorCredentials } from './doctor-credentials.ts';

export interface SourceCheck {
  readonly settings: SourceSettings;
  readonly credentials: DoctorCredentials;
  readonly mixpanelSecretId: string;
  readonly store: ObjectStore | undefined;
  /** Why no export query may be spent; undefined where one may. */
  readonly noQuery: string | undefined;
  readonly nowMs: number;
  readonly clock: ReturnType<typeof createClockWatch>;
}

/** What is checked of one source at its vendors. @returns the export queries spent. */
export async function checkSource(report: CheckReport, check: SourceCheck): Promise<number> {
  const { settings, credentials, nowMs, clock } = check;
  let spent = 0;
  if (credentials.mixpanel === undefined) {
    for (const name of [
      'Mixpanel login',
      'Project id',
      'Region',
      'Time zone',
      'Service account',
      'Time storage',
    ])
      report.add(name, skipped('needs the Mixpanel credential'));
  } else {
    const mixpanel = { settings, credential: credentials.mixpanel, secretId: check.mixpanelSecretId, nowMs };
    await checkMixpanel(report, { ...mixpanel, onAnswer: ({ headers }) => clock.take(headers) });
    spent = await checkTimeStorage(report, { ...mixpanel, store: check.store, noQuery: check.noQuery });
  }
  const { platform: secret } = credentials;
  if (secret === undefined) {
    for (const name of ['Platform login', 'Sandbox', 'Dataset', 'Schema'])
      report.add(name, skipped('needs the Platform credential'));
    return spent;
  }
  const { imsUrl, scopes } = settings.platform;
  const reader = { get: async () => secret, refresh: async () => secret };
  const tokens = createTokenSource({ imsUrl, scopes, secret: reader, clock: Date.now });
  const client = createPlatformClient({ ...settings.platform, tokens, clock: Date.now });
  const watched: PlatformClient = {
    async send(request) {
      const answer = await client.send(request);
      clock.take(answer.headers);
      return answer;
    },
  };
  await checkPlatform(report, { settings, tokens, client: watched, store: check.store });
  return spent;
}
