import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { forOwnHost } from '../own-host.ts';
import { handleAdmin, statsOf } from './admin-routes.ts';
import { handleApp } from './app-routes.ts';
import { authKindOf } from './authentication.ts';
import type { ExpectedEvent } from './data/day-events.ts';
import { handleExport } from './export-route.ts';
import type { BadDays, Fault } from './faults.ts';
import type { MixpanelOptions } from './options.ts';
import { sendJson } from './replies.ts';
import { createSimulation, type Simulation } from './simulation.ts';
import type { MixpanelStats, RequestRecord } from './stats.ts';

/** A running server and what a test may ask of it. */
export interface MixpanelSimulator {
  readonly url: string;
  readonly port: number;
  /** Cuts what is running and frees the port; once is enough. */
  close(): Promise<void>;
  stats(): MixpanelStats;
  requests(): readonly RequestRecord[];
  setFaults(faults: readonly Fault[]): void;
  setBadDays(badDays: BadDays | undefined): void;
  /** Begins the next pull of a day at once: late and re-keyed rows that wait for it appear. */
  advancePull(projectId: number, day: string): void;
  /**
   * The truth: each distinct event of a day as the latest pull showed it, or as `pull` shows it.
   *
   * @throws Error for an unknown project.
   */
  expectedEvents(projectId: number, day: string, pull?: number): Iterable<ExpectedEvent>;
}

/** Starts a Mixpanel of our own on this machine. @throws Error naming the port when it is taken. */
export async function startMixpanel(options: MixpanelOptions): Promise<MixpanelSimulator> {
  const simulation = createSimulation(options);
  const closing = new AbortController();
  const server = createServer(
    forOwnHost((request, response) => {
      answer(simulation, request, response, closing.signal).catch((error: unknown) => {
        console.error('mixpanel simulator:', error);
        if (response.headersSent) response.destroy();
        else sendJson(response, 500, { error: 'the simulator failed; see its output' });
      });
    }),
  );
  const port = await listen(server, options.port ?? 0);
  let closed: Promise<void> | undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close: () => {
      closed ??= stop(simulation, server, closing);
      return closed;
    },
    stats: () => statsOf(simulation),
    requests: () => simulation.stats.recent(),
    setFaults: (faults) => simulation.faults.setFaults(faults),
    setBadDays: (badDays) => simulation.faults.setBadDays(badDays),
    advancePull: (projectId, day) => simulation.pulls.advance(projectId, day),
    expectedEvents: (projectId, day, pull) => expectedEvents(simulation, projectId, day, pull),
  };
}

function stop(simulation: Simulation, server: Server, closing: AbortController): Promise<void> {
  closing.abort();
  simulation.pulls.save();
  const closed = new Promise<void>((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
  });
  server.closeAllConnections();
  return closed;
}

function expectedEvents(simulation: Simulation, projectId: number, day: string, pull?: number) {
  const project = simulation.projects.find((candidate) => candidate.projectId === projectId);
  if (project === undefined) throw new Error(`reading expected events: no project ${projectId}`);
  const request = { pull: pull ?? simulation.pulls.current(projectId, day), nowMs: simulation.clock() };
  return simulation.worldOf(project).dayEvents(day).expected(request);
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new Error(`starting Mixpanel: port ${port} is taken`) : error);
    });
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new Error('starting Mixpanel: no port'));
    });
  });
}

async function answer(
  simulation: Simulation,
  request: IncomingMessage,
  response: ServerResponse,
  closing: AbortSignal,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  if (url.pathname.startsWith('/_sim/')) return handleAdmin(simulation, url.pathname, request, response);
  const record = newRecord(request, url, simulation.clock());
  const gone = new AbortController();
  simulation.stats.open(record);
  response.once('close', () => {
    record.status ??= response.headersSent ? response.statusCode : null;
    if (!response.writableFinished) {
      record.outcome = 'cut';
      gone.abort();
    }
    simulation.stats.close(record);
  });
  if (/^\/api\/2\.0\/export\/?$/.test(url.pathname)) {
    const signal = AbortSignal.any([gone.signal, closing]);
    return handleExport(simulation, url.searchParams, { request, response, record, signal });
  }
  if (url.pathname.startsWith('/api/app/')) return handleApp(simulation, url, request, response);
  sendJson(response, 404, { error: 'Not found' });
}

function newRecord(request: IncomingMessage, url: URL, nowMs: number): RequestRecord {
  return {
    at: new Date(nowMs).toISOString(),
    method: request.method ?? '',
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    auth: authKindOf(request.headers.authorization),
    status: null,
    rows: 0,
    bytes: 0,
    fault: null,
    outcome: 'open',
  };
}
