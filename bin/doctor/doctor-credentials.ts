import {
  type MixpanelCredential,
  mixpanelSecretSchema,
} from '../../functions/shared/mixpanel/credentials.ts';
import { type PlatformSecret, platformSecretSchema } from '../../functions/shared/platform/ims-token.ts';
import { createSecretReader } from '../../functions/shared/secret-reader.ts';
import type { OperatorAws } from '../operator/aws-access.ts';
import type { OperatorSource } from '../operator/open-operator.ts';
import { type CheckReport, passed, skipped, warned } from './check.ts';

/** What the vendors' checks log in with; undefined where there is none. */
export interface DoctorCredentials {
  readonly mixpanel: MixpanelCredential | undefined;
  readonly platform: PlatformSecret | undefined;
}

/** Reads a source's secrets, and says of each whether it is filled. */
export async function readSecrets(
  report: CheckReport,
  source: OperatorSource,
  { secrets }: Pick<OperatorAws, 'secrets'>,
): Promise<DoctorCredentials> {
  const { mixpanelSecretId, platformSecretId } = source;
  const remedy = (id: string) =>
    `fill it: README, "Credentials"; aws secretsmanager put-secret-value --secret-id ${id} …`;
  return {
    mixpanel: await report.attempt('Mixpanel secret', remedy(mixpanelSecretId), async () => ({
      found: await createSecretReader(secrets, mixpanelSecretId, mixpanelSecretSchema).get(),
      outcome: passed(`${mixpanelSecretId} is filled`),
    })),
    platform: await report.attempt('Platform secret', remedy(platformSecretId), async () => ({
      found: await createSecretReader(secrets, platformSecretId, platformSecretSchema).get(),
      outcome: passed(`${platformSecretId} is filled`),
    })),
  };
}

/** Credentials in the environment, for a connector that is not deployed yet and so has no secrets. */
export function credentialsInEnvironment(
  report: CheckReport,
  variables: NodeJS.ProcessEnv,
): DoctorCredentials {
  const mixpanel = mixpanelSecretSchema.safeParse({
    username: variables.MIXPANEL_USERNAME,
    secret: variables.MIXPANEL_SECRET,
    bearerToken: variables.MIXPANEL_BEARER_TOKEN,
    projectSecret: variables.MIXPANEL_PROJECT_SECRET,
  }).data;
  const platform = platformSecretSchema.safeParse({
    clientId: variables.PLATFORM_CLIENT_ID,
    clientSecret: variables.PLATFORM_CLIENT_SECRET,
  }).data;
  const later = 'deploy, then put it into the secret';
  report.add(
    'Mixpanel secret',
    mixpanel === undefined
      ? skipped('needs the stack; or MIXPANEL_USERNAME and MIXPANEL_SECRET in the environment')
      : warned('there is none yet; the credential in the environment is used', later),
  );
  report.add(
    'Platform secret',
    platform === undefined
      ? skipped('needs the stack; or PLATFORM_CLIENT_ID and PLATFORM_CLIENT_SECRET in the environment')
      : warned('there is none yet; the credential in the environment is used', later),
  );
  return { mixpanel, platform };
}
