import type { Credentials } from './authentication.ts';
import { createWorld, type ProjectWorld } from './data/world.ts';
import { FaultPlan } from './faults.ts';
import {
  defaultProjectId,
  defaultUsername,
  type MixpanelOptions,
  type Project,
  resolveProject,
  type ServiceAccountOptions,
  type WhereTime,
} from './options.ts';
import { Pulls } from './pulls.ts';
import { fastClock, ProjectRate } from './rate-limits.ts';
import { StatsBook } from './stats.ts';

/** Everything that the routes share. */
export interface Simulation {
  readonly seed: number;
  readonly projects: readonly Project[];
  readonly accounts: readonly ServiceAccountOptions[];
  readonly credentials: Credentials;
  readonly clock: () => number;
  readonly errorBody: 'json' | 'text';
  readonly whereTime: WhereTime;
  readonly rowsPerSecond: number | undefined;
  readonly faults: FaultPlan;
  readonly pulls: Pulls;
  readonly stats: StatsBook;
  /** Rates of all projects that were asked for so far. */
  readonly rates: ReadonlyMap<number, ProjectRate>;
  worldOf(project: Project): ProjectWorld;
  rateOf(project: Project): ProjectRate;
  /** The `Retry-After` header for a wait by the limits' clock, in the form that the options ask for. */
  retryAfter(waitMs: number): Record<string, string>;
  /** A number that every export gets once, so that no two have the same order of lines. */
  nextOrder(): number;
}

/** @throws Error when neither accounts nor a secret for the default one is given. */
export function createSimulation(options: MixpanelOptions): Simulation {
  const seed = options.seed ?? 1;
  const clock = options.clock ?? Date.now;
  const projects = (options.projects ?? [{ projectId: defaultProjectId }]).map((project) =>
    resolveProject(project, options),
  );
  const accounts = options.accounts ?? [defaultAccount(options.secret)];
  const pulls = new Pulls(options.dataDir);
  const rates = new Map<number, ProjectRate>();
  const limitsClock = fastClock(clock, options.clockSpeed ?? 1);
  const limits = {
    hourly: options.hourlyLimit ?? 60,
    perSecond: options.perSecond ?? 3,
    concurrent: options.concurrent ?? 100,
  };
  let order = 0;
  return {
    seed,
    projects,
    accounts,
    clock,
    credentials: {
      accounts,
      projects,
      bearerTokens: options.bearerTokens ?? [],
      expiredStatus: options.expiredStatus ?? 400,
      clock,
    },
    errorBody: options.errorBody ?? 'json',
    whereTime: options.whereTime ?? 'stored',
    rowsPerSecond: options.rowsPerSecond,
    faults: new FaultPlan(options.faults ?? [], options.badDays, pulls.spentFaults),
    pulls,
    stats: new StatsBook(),
    rates,
    worldOf: worlds(seed),
    rateOf: ({ projectId }) => {
      const rate = rates.get(projectId) ?? new ProjectRate(projectId, limits, limitsClock);
      rates.set(projectId, rate);
      return rate;
    },
    retryAfter: (waitMs) => retryAfterHeader(waitMs / (options.clockSpeed ?? 1), options.retryAfter, clock),
    nextOrder: () => {
      order += 1;
      return order;
    },
  };
}

/** Worlds are made when first asked for: a project that nobody exports costs nothing. */
function worlds(seed: number): (project: Project) => ProjectWorld {
  const made = new Map<number, ProjectWorld>();
  return (project) => {
    const world = made.get(project.projectId) ?? createWorld(seed, project);
    made.set(project.projectId, world);
    return world;
  };
}

function defaultAccount(secret: string | undefined): ServiceAccountOptions {
  if (secret === undefined || secret === '')
    throw new Error('starting Mixpanel: no secret for the service account');
  return { username: defaultUsername, secret, role: 'consumer' };
}

function retryAfterHeader(
  waitMs: number,
  form: MixpanelOptions['retryAfter'],
  clock: () => number,
): Record<string, string> {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  if (form === 'absent') return {};
  if (form === 'date') return { 'retry-after': new Date(clock() + seconds * 1000).toUTCString() };
  return { 'retry-after': String(seconds) };
}
