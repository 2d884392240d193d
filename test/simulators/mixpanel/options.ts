import { resolveTimeZone } from '../../../functions/shared/time-zone.ts';
import type { BadDays, Fault } from './faults.ts';

/** What the generated events look like. Shares are from 0 to 1. */
export interface DataOptions {
  /** Distinct events of a day, without duplicates and late rows. @default 1000 */
  readonly eventsPerDay: number | ((day: string) => number);
  /** Average line length to aim for; lines are never shorter than their own content (about 850 bytes). @default 1000 */
  readonly eventBytes: number;
  /** How many people and devices the project has. @default a tenth of the events, from 20 to 5000 */
  readonly users: number | undefined;
  /** How Mixpanel merges identities in this project. @default simplified */
  readonly identity: 'simplified' | 'original';
  /** Share of the events sent twice: half byte-equal, half with other content and a newer processing time. @default 0 */
  readonly duplicates: number;
  /** Further events (a share of the day's) that appear only from that pull of the day on. @default none */
  readonly lateRows: { readonly share: number; readonly fromPull: number };
  /** Share of the anonymous events of known users whose `distinct_id` changes from that pull on. @default none */
  readonly rekey: { readonly share: number; readonly fromPull: number };
  readonly quirks: Quirks;
}

/** Oddities that real projects show, each as a share of the events. */
export interface Quirks {
  /** `distinct_id` is the empty string. @default 0.005 */
  readonly emptyDistinctId: number;
  /** No `$insert_id`, as in very old events. @default 0.002 */
  readonly missingInsertId: number;
  /** `time` is an ISO 8601 string. @default 0 */
  readonly isoTime: number;
  /** `time` is a fractional number of seconds, even when milliseconds were asked for. @default 0 */
  readonly floatTime: number;
}

/** A project; data options given here come before those given for all. */
export interface ProjectOptions extends Partial<DataOptions> {
  readonly projectId: number;
  readonly name?: string;
  readonly organizationId?: number;
  /** @default UTC */
  readonly timezone?: string;
  /** Decides `legacy` where that is not given; no events exist before this day. @default 2016-01-01 or 2023-01-01 */
  readonly createdAt?: string;
  /** Created before 2023: times are shifted into the project's zone and days are read there. */
  readonly legacy?: boolean;
  /** Switches the deprecated authentication by project secret on. */
  readonly projectSecret?: string;
}

/** A service account; its secret never leaves the server. */
export interface ServiceAccountOptions {
  readonly username: string;
  readonly secret: string;
  /** @default every project */
  readonly projectIds?: readonly number[];
  /** Epoch milliseconds. @default never */
  readonly expiresAt?: number;
  readonly role?: 'owner' | 'admin' | 'analyst' | 'consumer';
  /** Without it `/api/app/me` answers 403. @default true */
  readonly userDetails?: boolean;
}

/** What a filter's time is compared with. */
export type WhereTime = 'stored' | 'utc' | 'ignored';

/** How the server behaves; data options are for all projects. */
export interface MixpanelOptions extends Partial<DataOptions> {
  /** 0 takes any free port. @default 0 */
  readonly port?: number;
  /** @default 1 */
  readonly seed?: number;
  /** @default one project, 2195193, in UTC */
  readonly projects?: readonly ProjectOptions[];
  /** @default one account, {@link defaultUsername}, with `secret` */
  readonly accounts?: readonly ServiceAccountOptions[];
  /** Secret of the default account; needed where `accounts` is not given. */
  readonly secret?: string;
  /** Tokens that open every project. No vendor page says that the export takes them. @default none */
  readonly bearerTokens?: readonly string[];
  /** The time in epoch milliseconds: decides today, expiry and the rate limits, and stamps the list of requests. @default Date.now */
  readonly clock?: () => number;
  /** How many times faster the rate limits' clock runs; the answers' `Retry-After` shrinks with it. @default 1 */
  readonly clockSpeed?: number;
  /** Queries in a rolling hour and project. @default 60 */
  readonly hourlyLimit?: number;
  /** @default 3 */
  readonly perSecond?: number;
  /** @default 100 */
  readonly concurrent?: number;
  /** Form of `Retry-After` on a 429. @default seconds */
  readonly retryAfter?: 'seconds' | 'date' | 'absent';
  /** Form of error bodies. @default json */
  readonly errorBody?: 'json' | 'text';
  /** How an expired account is refused; clients have met both. @default 400 */
  readonly expiredStatus?: 400 | 401;
  /**
   * Whether `where` compares a legacy project's stored time or UTC: Mixpanel documents neither. `ignored`: filters by
   * time let everything through, as a form that the server does not know might.
   *
   * @default stored
   */
  readonly whereTime?: WhereTime;
  /** How fast an export's rows come. @default as fast as they can */
  readonly rowsPerSecond?: number;
  readonly faults?: readonly Fault[];
  readonly badDays?: BadDays;
  /** A folder that keeps the count of pulls and spent faults, so that the next start continues. @default memory only */
  readonly dataDir?: string;
}

/** The project that exists when no other is named. */
export const defaultProjectId = 2195193;
/** The service account that exists when no other is named. */
export const defaultUsername = 'local.000000.mp-service-account';

/** A project with every default filled in. */
export interface Project extends DataOptions {
  readonly projectId: number;
  readonly name: string;
  readonly organizationId: number;
  /** As it was named, which is how the API shows it. */
  readonly timezone: string;
  /** The same zone under a name that the runtime knows. */
  readonly zone: string;
  readonly createdAt: string;
  readonly legacy: boolean;
  readonly projectSecret: string | undefined;
}

/** What events look like where the options say nothing. */
export const defaultData: DataOptions = {
  eventsPerDay: 1000,
  eventBytes: 1000,
  users: undefined,
  identity: 'simplified',
  duplicates: 0,
  lateRows: { share: 0, fromPull: 2 },
  rekey: { share: 0, fromPull: 2 },
  quirks: { emptyDistinctId: 0.005, missingInsertId: 0.002, isoTime: 0, floatTime: 0 },
};

const dataKeys = Object.keys(defaultData);

/** @throws Error when the time zone or the creation date is no such thing. */
export function resolveProject(options: ProjectOptions, common: Partial<DataOptions>): Project {
  const zone = resolveTimeZone(options.timezone ?? 'UTC');
  if (zone === undefined)
    throw new Error(`project ${options.projectId}: no time zone named ${options.timezone}`);
  const legacy = options.legacy ?? (options.createdAt !== undefined && options.createdAt < '2023-01-01');
  return {
    ...defaultData,
    ...dataOf(common),
    ...dataOf(options),
    projectId: options.projectId,
    name: options.name ?? `Project ${options.projectId}`,
    organizationId: options.organizationId ?? 11,
    timezone: options.timezone ?? 'UTC',
    zone,
    createdAt: options.createdAt ?? (legacy ? '2016-01-01' : '2023-01-01'),
    legacy,
    projectSecret: options.projectSecret,
  };
}

/** The data options alone, and only those that are set. */
function dataOf(options: Partial<DataOptions>): Partial<DataOptions> {
  return Object.fromEntries(
    Object.entries(options).filter(([key, value]) => dataKeys.includes(key) && value !== undefined),
  );
}
