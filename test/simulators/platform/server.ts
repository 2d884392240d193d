import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { forOwnHost } from '../own-host.ts';
import { Exchange } from './exchange.ts';
import { type FaultInput, faultReply, faultSchema, type RequestFault } from './faults.ts';
import { checkGateway } from './gateway.ts';
import type { ActiveStats } from './lake.ts';
import { type PlatformOptions, withDefaults } from './options.ts';
import { Platform } from './platform.ts';
import { notFound, problem, type Reply, ReplyError } from './reply.ts';
import { matchRoute, type Route } from './router.ts';
import { allRoutes } from './routes/all.ts';

/** Longest URL that the import API takes. */
const maxUrlLength = 2000;

/** A running simulator of Adobe Experience Platform. */
export interface PlatformSimulator {
  readonly url: string;
  readonly port: number;
  /** Writes the rows of the dataset's active batches as NDJSON. */
  writeActive(datasetId: string, file: string): Promise<void>;
  activeStats(datasetId: string): Promise<ActiveStats>;
  addFault(fault: FaultInput): void;
  /** Moves the simulator's time forward. */
  advance(ms: number): void;
  /** Resolves when no batch is being ingested. */
  idle(): Promise<void>;
  /** Stops at once; what was under way continues at the next start with the same data. */
  close(): Promise<void>;
}

/**
 * Starts the simulator on this machine alone. One port serves IMS, Platform, streaming collection and `/_sim`.
 *
 * @throws {Error} naming the port when it is taken.
 */
export async function startPlatform(options: PlatformOptions): Promise<PlatformSimulator> {
  const settings = withDefaults(options);
  const platform = new Platform(settings);
  const routes = allRoutes(platform);
  const server = createServer(
    forOwnHost((request, response) => {
      respond(platform, routes, request, response).catch(() => response.destroy());
    }),
  );
  // A client on a slow machine may send a large file for long; the simulator is never the one to hang up.
  server.requestTimeout = 0;
  // Node's five seconds would cut idle connections of a busy client; only injected faults may break one.
  server.keepAliveTimeout = 60_000;
  const { port } = await new Promise<AddressInfo>((resolve, reject) => {
    server.once('error', (cause) => reject(listenError(settings.port, cause)));
    server.listen(settings.port, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address);
    });
  });
  platform.url = `http://127.0.0.1:${port}`;
  platform.start();
  return {
    url: platform.url,
    port,
    writeActive: (datasetId, file) => platform.lake.writeActive(datasetId, file),
    activeStats: (datasetId) => platform.lake.activeStats(datasetId),
    addFault: (fault) => platform.faults.add(faultSchema.parse(fault)),
    advance: (ms) => platform.clock.advance(ms),
    idle: () => platform.ingestion.idle(),
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await Promise.all([closed, platform.close()]);
    },
  };
}

function listenError(port: number, cause: Error): Error {
  const taken = 'code' in cause && cause.code === 'EADDRINUSE';
  return new Error(
    `starting the Platform simulator: port ${port} ${taken ? 'is in use' : 'cannot be used'}`,
    { cause },
  );
}

async function respond(
  platform: Platform,
  routes: readonly Route[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const text = request.url ?? '/';
  const url = new URL(text, platform.url);
  // The raw path, because an encoded slash is part of a segment.
  const match = matchRoute(routes, request.method ?? 'GET', text.split('?')[0] ?? '/');
  const name = match?.route.name ?? 'unknown';
  const act = async (): Promise<Reply> => {
    if (match === undefined) throw notFound(`there is no ${request.method} ${url.pathname}`);
    if (text.length > maxUrlLength)
      throw problem(414, 'UriTooLong', `a URL may have ${maxUrlLength} characters`);
    const exchange = new Exchange(request, url, match.params);
    if (match.route.guard === 'gateway') checkGateway(platform, exchange, match.route.sandboxed ?? true);
    return match.route.handle(exchange);
  };
  const fault = name === '_sim' ? undefined : platform.faults.forRequest(faultName(name, url));
  const reply = await withFault(fault, act);
  platform.counts.add(faultName(name, url), reply === undefined ? 'reset' : String(reply.status));
  if (reply === undefined) request.socket.destroy();
  else await send(request, response, reply);
}

/** Faults and counts tell a batch's actions apart, which share a route. */
function faultName(route: string, url: URL): string {
  return route === 'action' ? (url.searchParams.get('action') ?? route).toLowerCase() : route;
}

/** The route's answer, or what the fault makes of it; `undefined` for a connection that breaks. */
async function withFault(
  fault: RequestFault | undefined,
  act: () => Promise<Reply>,
): Promise<Reply | undefined> {
  if (fault === undefined) return answer(act);
  if (fault.kind === 'slow') {
    if (fault.when === 'before') await pause(fault.delayMs);
    const reply = await answer(act);
    if (fault.when === 'after') await pause(fault.delayMs);
    return reply;
  }
  if (fault.when === 'after') (await answer(act)).stream?.destroy();
  return faultReply(fault);
}

/** Whatever goes wrong within a route becomes an answer. */
async function answer(act: () => Promise<Reply>): Promise<Reply> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof ReplyError) return error.reply;
    return problem(500, 'InternalServerError', error instanceof Error ? error.message : 'unknown').reply;
  }
}

async function send(request: IncomingMessage, response: ServerResponse, reply: Reply): Promise<void> {
  const { status, headers = {}, json, text, stream } = reply;
  // A body that was not read to its end is drained, so that the client gets to read the answer.
  request.resume();
  if (stream !== undefined) {
    response.writeHead(status, headers);
    await pipeline(stream, response);
    return;
  }
  const body = json === undefined ? (text ?? '') : JSON.stringify(json);
  const type = json === undefined ? {} : { 'content-type': 'application/json' };
  response.writeHead(status, { ...type, ...headers, 'content-length': String(Buffer.byteLength(body)) });
  response.end(body);
}
