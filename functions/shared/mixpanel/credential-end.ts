import type { MixpanelApp, MixpanelProject } from './app-client.ts';
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

/** What Mixpanel tells of a credential and its project. */
export interface CredentialFacts {
  readonly end: CredentialEnd;
  /** Undefined where the credential may not see it. */
  readonly project: MixpanelProject | undefined;
}

/**
 * Asks Mixpanel when a credential ends, and what its project is; a project secret's end is known beforehand.
 *
 * @throws {TerminalError} `mixpanel_auth` when the credential is refused.
 * @throws {RetryableError} no answer, 429, 5xx.
 */
export async function lookUpCredential(
  app: MixpanelApp,
  { credential, projectId }: CredentialQuestion,
): Promise<CredentialFacts> {
  // It can't log in to the application API.
  if (credential.kind === 'projectSecret') {
    return { end: { kind: 'ends', atMs: Date.parse(projectSecretEnd) }, project: undefined };
  }
  const project = (await app.projects())?.[projectId];
  if (credential.kind !== 'serviceAccount') return { end: { kind: 'unknown' }, project };
  return { end: await accountEnd(app, project?.organization_id, credential.username), project };
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
