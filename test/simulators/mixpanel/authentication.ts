import type { Project, ServiceAccountOptions } from './options.ts';
import { cannotAuthenticate, invalidCredentials, Refusal } from './replies.ts';

/** Form of a credential, as far as a log may tell it. */
export type AuthKind = 'none' | 'service-account' | 'project-secret' | 'bearer' | 'unknown';

/** Who asks. */
export type Caller =
  | { readonly kind: 'service-account'; readonly account: ServiceAccountOptions }
  | { readonly kind: 'project-secret'; readonly project: Project }
  | { readonly kind: 'bearer' };

/** What callers are checked against. */
export interface Credentials {
  readonly accounts: readonly ServiceAccountOptions[];
  readonly projects: readonly Project[];
  readonly bearerTokens: readonly string[];
  readonly expiredStatus: 400 | 401;
  readonly clock: () => number;
}

/** When Mixpanel stops taking project secrets (docs, reference/project-secret). */
const projectSecretsEndMs = Date.parse('2027-03-03T00:00:00Z');

/** Reads the Authorization header: who asks, without a look at what for. @throws {Refusal} 401 or, when expired, 400. */
export function authenticate(header: string | undefined, credentials: Credentials): Caller {
  const [scheme, value] = splitHeader(header);
  if (scheme === 'bearer') {
    if (credentials.bearerTokens.includes(value)) return { kind: 'bearer' };
    throw invalidCredentials();
  }
  if (scheme !== 'basic') throw invalidCredentials();
  const [user, password] = basicCredentials(value);
  if (password === '') return projectSecretCaller(user, credentials);
  const account = credentials.accounts.find(
    ({ username, secret }) => username === user && secret === password,
  );
  if (account === undefined) throw invalidCredentials();
  if (account.expiresAt !== undefined && account.expiresAt <= credentials.clock()) {
    throw cannotAuthenticate(credentials.expiredStatus);
  }
  return { kind: 'service-account', account };
}

/** Says what form of credential a header has, for the list of requests; never the credential itself. */
export function authKindOf(header: string | undefined): AuthKind {
  if (header === undefined) return 'none';
  const [scheme, value] = splitHeader(header);
  if (scheme === 'bearer') return 'bearer';
  if (scheme !== 'basic') return 'unknown';
  return basicCredentials(value)[1] === '' ? 'project-secret' : 'service-account';
}

/**
 * Which project a caller may export. A service account must name it; a project secret is one project's own.
 *
 * @throws {Refusal} 401 without a needed `project_id`, 403 for a project that is not the caller's.
 */
export function authorize(
  caller: Caller,
  projectId: number | undefined,
  projects: readonly Project[],
): Project {
  if (caller.kind === 'project-secret') {
    if (projectId === undefined || projectId === caller.project.projectId) return caller.project;
    throw new Refusal(403, 'Project secret does not belong to this project');
  }
  if (projectId === undefined) throw invalidCredentials();
  const project = projects.find((candidate) => candidate.projectId === projectId);
  const allowed = caller.kind === 'bearer' || (caller.account.projectIds?.includes(projectId) ?? true);
  if (project === undefined || !allowed) throw new Refusal(403, 'User does not have access to this project');
  return project;
}

function projectSecretCaller(secret: string, credentials: Credentials): Caller {
  const project = credentials.projects.find(
    ({ projectSecret }) => projectSecret !== undefined && projectSecret === secret,
  );
  if (project === undefined || credentials.clock() >= projectSecretsEndMs) throw invalidCredentials();
  return { kind: 'project-secret', project };
}

function splitHeader(header: string | undefined): readonly [scheme: string, value: string] {
  const match = /^(\S+) +(.+)$/.exec(header ?? '');
  return [match?.[1]?.toLowerCase() ?? '', match?.[2]?.trim() ?? ''];
}

/** Mixpanel takes base64 and, unlike the standard, also the bare `username:secret`. */
function basicCredentials(value: string): readonly [user: string, password: string] {
  const text = value.includes(':') ? value : Buffer.from(value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
}
