import * as z from 'zod';
import { RetryableError, TerminalError } from '../errors.ts';
import type { SecretReader } from '../secret-reader.ts';
import { parseAnswer, sendRequest, shortened, type VendorAnswer } from '../vendor-request.ts';
import { accountOf, authorizationOf, type MixpanelCredential, secretsOf } from './credentials.ts';

/** What is kept of an answer, and shown: as long as the name of a host may be, and longer than any zone's. */
const keptName = z.string().max(253);

const projectSchema = z.looseObject({
  name: z.string().default(''),
  organization_id: z.union([z.number(), z.string()]).transform(String).optional(),
  timezone: keptName.optional(),
  /** The host of the project's region; empty for the US. */
  domain: keptName.optional(),
});
export type MixpanelProject = z.output<typeof projectSchema>;

const meSchema = z.looseObject({ projects: z.record(z.string(), projectSchema).default({}) });

const accountSchema = z.looseObject({
  username: z.string(),
  expires: z.string().nullable().optional(),
});
export type ServiceAccount = z.output<typeof accountSchema>;

/** Clients unwrap `results`; an answer without the envelope is taken as it is. */
function unwrapped(value: unknown): unknown {
  const envelope = z.looseObject({ results: z.unknown() }).safeParse(value);
  return envelope.success && envelope.data.results !== undefined ? envelope.data.results : value;
}

const meAnswer = z.unknown().transform(unwrapped).pipe(meSchema);
const accountsAnswer = z.unknown().transform(unwrapped).pipe(z.array(accountSchema));

/** Mixpanel's application API, as far as it tells whether a configuration is right. No call spends an export query. */
export interface MixpanelApp {
  /**
   * The projects that the credential may open, by id; undefined where it may log in and not see that.
   *
   * @throws {TerminalError} `mixpanel_auth` when the credential is refused.
   * @throws {RetryableError} no answer, 429, 5xx.
   */
  projects(): Promise<Readonly<Record<string, MixpanelProject>> | undefined>;
  /** An organisation's service accounts; undefined where the credential's role may not see them. Errors as above. */
  serviceAccounts(organizationId: string): Promise<readonly ServiceAccount[] | undefined>;
}

export interface MixpanelAppOptions {
  readonly appUrl: string;
  readonly credentials: Pick<SecretReader<MixpanelCredential>, 'get'>;
  /** The secret that the credential is read from, as errors name it. */
  readonly secretId: string;
  /** Ends every request. @default nothing does */
  readonly signal?: AbortSignal;
  /** Told of each answer, for those who look at its headers. */
  readonly onAnswer?: (answer: VendorAnswer) => void;
}

export function createMixpanelApp(options: MixpanelAppOptions): MixpanelApp {
  const get = async (act: string, path: string): Promise<VendorAnswer | undefined> => {
    const credential = await options.credentials.get();
    const answer = await sendRequest(act, {
      method: 'GET',
      url: `${options.appUrl}${path}`,
      headers: { accept: 'application/json', authorization: authorizationOf(credential) },
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    options.onAnswer?.(answer);
    if (answer.status === 200) return answer;
    if (answer.status === 403 || answer.status === 404) return undefined;
    const what = `${act}: HTTP ${answer.status}: ${shortened(answer.text, secretsOf(credential))}`;
    if (answer.status === 401 || answer.status === 400) {
      throw new TerminalError('mixpanel_auth', `${what} (${accountOf(credential, options.secretId)})`);
    }
    if (answer.status === 429 || answer.status >= 500) throw new RetryableError('mixpanel_unavailable', what);
    throw new TerminalError('mixpanel_refused', what);
  };
  return {
    async projects() {
      const act = 'asking Mixpanel who we are';
      const answer = await get(act, '/api/app/me?include_workspace_users=false');
      return answer && parseAnswer(meAnswer, answer.text, act).projects;
    },
    async serviceAccounts(organizationId) {
      const act = 'listing the service accounts';
      const path = `/api/app/organizations/${encodeURIComponent(organizationId)}/service-accounts`;
      const answer = await get(act, path);
      return answer && parseAnswer(accountsAnswer, answer.text, act);
    },
  };
}
