import type { IncomingMessage, ServerResponse } from 'node:http';
import { authenticate, type Caller } from './authentication.ts';
import type { Project, ServiceAccountOptions } from './options.ts';
import { Refusal, sendJson } from './replies.ts';
import type { Simulation } from './simulation.ts';

const owner = { id: 501, name: 'Olivia Owner', email: 'owner@example.com' };
/** The first service account's id; the others follow. */
const firstAccountId = 9001;
const roleOrder = { owner: 1, admin: 2, analyst: 3, consumer: 4 } as const;

/** Answers the application API: who am I, and the service accounts of an organisation or a project. */
export function handleApp(
  simulation: Simulation,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  try {
    if (request.method !== 'GET') throw new Refusal(405, 'Method not allowed');
    const caller = authenticate(request.headers.authorization, simulation.credentials);
    sendJson(response, 200, answerTo(simulation, url, caller));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    sendJson(response, error.status, { status: 'error', error: error.message });
  }
}

function answerTo(simulation: Simulation, url: URL, caller: Caller): unknown {
  const path = url.pathname.replace(/\/$/, '');
  if (path === '/api/app/me') return { status: 'ok', results: me(simulation, url.searchParams, caller) };
  const match = /^\/api\/app\/(organizations|projects)\/(\d+)\/service-accounts(?:\/(\d+))?$/.exec(path);
  if (match === null || (match[1] === 'projects' && match[3] !== undefined))
    throw new Refusal(404, 'Not found');
  if (caller.kind === 'project-secret') throw new Refusal(403, 'Permission denied');
  const id = Number(match[2]);
  const isMine = (project: Project) =>
    (match[1] === 'projects' ? project.projectId : project.organizationId) === id;
  const mine = simulation.projects.filter(isMine);
  if (mine.length === 0) throw new Refusal(404, 'Not found');
  if (!mine.some((project) => mayOpen(caller, project))) throw new Refusal(403, 'Permission denied');
  const accounts = simulation.accounts
    .filter((account) => mine.some((project) => mayOpen({ kind: 'service-account', account }, project)))
    .map((account) => accountView(simulation, account, match[1] === 'projects'));
  if (match[3] === undefined) return { status: 'ok', results: accounts };
  const account = accounts.find((candidate) => candidate.id === Number(match[3]));
  if (account === undefined) throw new Refusal(404, 'Not found');
  // A single account comes without the envelope (Mixpanel's own OpenAPI file).
  return account;
}

function me(simulation: Simulation, query: URLSearchParams, caller: Caller): unknown {
  for (const name of query.keys()) {
    if (name !== 'include_workspace_users') throw new Refusal(400, `unknown query parameter ${name}`);
  }
  if (caller.kind === 'project-secret') throw new Refusal(401, 'Invalid credentials');
  if (caller.kind === 'service-account' && caller.account.userDetails === false) {
    throw new Refusal(403, 'Permission denied');
  }
  const projects = simulation.projects.filter((project) => mayOpen(caller, project));
  const role = caller.kind === 'service-account' ? (caller.account.role ?? 'consumer') : 'consumer';
  const name = caller.kind === 'service-account' ? caller.account.username : owner.name;
  return {
    user_id: caller.kind === 'service-account' ? accountIdOf(simulation, caller.account) : owner.id,
    user_email: caller.kind === 'service-account' ? name : owner.email,
    user_name: name,
    organizations: Object.fromEntries(
      projects.map(({ organizationId: id }) => [
        id,
        { id, name: `Organisation ${id}`, role, permissions: [] },
      ]),
    ),
    projects: Object.fromEntries(projects.map((project) => [project.projectId, projectView(project, role)])),
    workspaces: Object.fromEntries(
      projects.map((project) => [project.projectId * 10, workspaceView(project)]),
    ),
  };
}

function projectView(project: Project, role: string): unknown {
  return {
    name: project.name,
    organization_id: project.organizationId,
    timezone: project.timezone,
    domain: 'mixpanel.com',
    type: 'PROJECT',
    has_workspaces: true,
    role,
    permissions: [],
  };
}

function workspaceView({ projectId }: Project): unknown {
  const id = projectId * 10;
  return { id, name: 'All Project Data', project_id: projectId, is_default: true, is_global: true };
}

function accountView(simulation: Simulation, account: ServiceAccountOptions, ofProject: boolean) {
  const role = account.role ?? 'consumer';
  const view = {
    id: accountIdOf(simulation, account),
    username: account.username,
    last_used: null,
    expires: account.expiresAt === undefined ? null : new Date(account.expiresAt).toISOString(),
    creator: owner.id,
    created: '2026-01-15T09:00:00',
    user: owner.id,
  };
  if (!ofProject) return view;
  const standing = {
    role,
    role_order: roleOrder[role],
    target_type: 'service_account',
    email: account.username,
  };
  return { ...view, hasSensitiveAccess: true, ...standing };
}

function accountIdOf(simulation: Simulation, account: ServiceAccountOptions): number {
  return firstAccountId + simulation.accounts.indexOf(account);
}

function mayOpen(caller: Caller, project: Project): boolean {
  if (caller.kind === 'service-account')
    return caller.account.projectIds?.includes(project.projectId) ?? true;
  return caller.kind === 'bearer' || caller.project === project;
}
