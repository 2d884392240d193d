import type { MixpanelApp } from './app-client.ts';
import { type MixpanelCredential, projectSecretEnd } from './credentials.ts';

/** Long enough to have a new credential made by whoever may. */
export const credentialNoticeDays = 14;

/** Until when a credential is good. */
export type CredentialEnd =
  | { readonly kind: 'ends'; readonly atMs: number }
  | { readonly kind: 'never' }
  /** Mixpanel does not tell: a bearer token, or a role that may not see it. */
  | { readonly kind: 'unknown' };

export interface CredentialQuestion {
  readonly credential: MixpanelCredential;
  readonly projectId: string;
}

/**
 * Asks Mixpanel when a credential ends; a project secret's end is known beforehand.
 *
 * @throws {TerminalError} `mixpanel_auth` when the credential is refused.
 * @throws {RetryableError} no answer, 429, 5xx.
 */
export async function credentialEnd(
  app: MixpanelApp,
  { credential, projectId }: CredentialQuestion,
): Promise<CredentialEnd> {
  if (credential.kind === 'projectSecret') return { kind: 'ends', atMs: Date.parse(projectSecretEnd) };
  if (credential.kind !== 'serviceAccount') return { kind: 'unknown' };
  const organization = (await app.projects())?.[projectId]?.organization_id;
  return accountEnd(app, organization, credential.username);
}

/** When a service account of an organisation ends. Errors as above. */
export async function accountEnd(
  app: MixpanelApp,
  organization: string | undefined,
  username: string,
): Promise<CredentialEnd> {
  if (organization === undefined) return { kind: 'unknown' };
  const account = (await app.serviceAccounts(organization))?.find((one) => one.username === username);
  if (account === undefined) return { kind: 'unknown' };
  const expires = account.expires ?? null;
  if (expires === null) return { kind: 'never' };
  const atMs = Date.parse(expires);
  return Number.isNaN(atMs) ? { kind: 'unknown' } : { kind: 'ends', atMs };
}
