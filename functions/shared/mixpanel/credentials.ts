import * as z from 'zod';

/** Day on which Mixpanel switches project secrets off (Mixpanel docs, reference/project-secret). */
export const projectSecretEnd = '2027-03-03';

/** Pasted values often carry a line break at their end. */
const field = z.string('must be text').trim().optional();

/**
 * The secret `<stackName>/<sourceId>/mixpanel`: a service account, or a bearer token, or the project's legacy secret.
 * Keys that the connector doesn't know are left alone: the secret may be another program's too.
 */
export const mixpanelSecretSchema = z
  .looseObject(
    { username: field, secret: field, bearerToken: field, projectSecret: field },
    'must be a JSON object',
  )
  .transform((fields, context): MixpanelCredential => {
    const { username, secret, bearerToken, projectSecret } = fields;
    if (username && secret && !username.includes(':')) return { kind: 'serviceAccount', username, secret };
    if (bearerToken && !username && !secret) {
      if (/^[\x21-\x7e]+$/.test(bearerToken)) return { kind: 'bearer', bearerToken };
      refuse(context, 'bearerToken', 'must be one word of printable ASCII');
      return z.NEVER;
    }
    if (projectSecret && !username && !secret) return { kind: 'projectSecret', projectSecret };
    if (username?.includes(':'))
      refuse(context, 'username', "must be the service account's name, without a colon");
    if (!username) refuse(context, 'username', `must be filled${alternatives(secret)}`);
    if (!secret) refuse(context, 'secret', `must be filled${alternatives(username)}`);
    return z.NEVER;
  });

export type MixpanelCredential =
  | { readonly kind: 'serviceAccount'; readonly username: string; readonly secret: string }
  | { readonly kind: 'bearer'; readonly bearerToken: string }
  | { readonly kind: 'projectSecret'; readonly projectSecret: string };

/** The `Authorization` header for a credential. A legacy project secret is a user name without a password. */
export function authorizationOf(credential: MixpanelCredential): string {
  switch (credential.kind) {
    case 'serviceAccount':
      return `Basic ${base64(`${credential.username}:${credential.secret}`)}`;
    case 'bearer':
      return `Bearer ${credential.bearerToken}`;
    case 'projectSecret':
      return `Basic ${base64(`${credential.projectSecret}:`)}`;
  }
}

/** Every text that must not appear in a message. */
export function secretsOf(credential: MixpanelCredential): string[] {
  const authorization = authorizationOf(credential);
  return [authorization, authorization.slice(authorization.indexOf(' ') + 1), secretOf(credential)];
}

/**
 * Whom to look for when Mixpanel refuses a credential, without any secret.
 *
 * @example service account "etl.1f2e3d.mp-service-account" in secret MixpanelConnector/shop/mixpanel
 */
export function accountOf(credential: MixpanelCredential, secretId: string | undefined): string {
  const place = secretId === undefined ? '' : ` in secret ${secretId}`;
  switch (credential.kind) {
    case 'serviceAccount':
      return `service account "${credential.username}"${place}`;
    case 'bearer':
      return `bearer token${place}`;
    case 'projectSecret':
      return `project secret${place}`;
  }
}

function secretOf(credential: MixpanelCredential): string {
  switch (credential.kind) {
    case 'serviceAccount':
      return credential.secret;
    case 'bearer':
      return credential.bearerToken;
    case 'projectSecret':
      return credential.projectSecret;
  }
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

function alternatives(other: string | undefined): string {
  return other ? '' : ' (service account; or fill bearerToken, or projectSecret, instead)';
}

function refuse(context: z.core.$RefinementCtx, field: string, message: string): void {
  context.addIssue({ code: 'custom', path: [field], message });
}
