import { setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { forOwnHost } from '../own-host.ts';
import { hasCode } from './api-error.ts';
import { toApiRequest } from './api-request.ts';
import { lockDirectory } from './directory-lock.ts';
import { answer, type Services } from './dispatch.ts';
import { createFaults, type Faults } from './faults.ts';
import { openS3 } from './s3/service.ts';
import { openSecrets } from './secrets/service.ts';
import { openSqs } from './sqs/service.ts';

/** Where and on which port. */
export interface AwsOptions {
  /** Everything is kept here; a later start on the same folder continues. */
  readonly dataDir: string;
  /** @default 0, any free port */
  readonly port?: number;
}

/** A server that listens. */
export interface RunningAws {
  readonly url: string;
  readonly port: number;
  /** Ends waiting receives with an empty answer, lets other requests finish, and gives the folder back. */
  close(): Promise<void>;
}

/** An idle connection is kept longer than clients keep theirs, so that it is the client who drops it. */
const keepAliveMs = 65_000;
/** How long requests under way may take once the server closes. */
const closeGraceMs = 2_000;
const closeIdleMs = 20;

/**
 * S3, SQS and Secrets Manager on one port of 127.0.0.1, kept in files.
 * @throws when the port or the folder is in use.
 */
export async function startAws(options: AwsOptions): Promise<RunningAws> {
  const unlock = await lockDirectory(options.dataDir);
  let services: Services | undefined;
  try {
    services = await openServices(options.dataDir);
    const closing = new AbortController();
    // Every request under way listens, and a reader of the archive sends many at once.
    setMaxListeners(0, closing.signal);
    const server = createHttpServer(services, createFaults(), closing.signal);
    const port = await listen(server, options.port ?? 0);
    const opened = services;
    let closed: Promise<void> | undefined;
    const close = async () => {
      closing.abort();
      await endServer(server);
      await closeServices(opened);
      unlock();
    };
    return {
      url: `http://127.0.0.1:${port}`,
      port,
      close: () => {
        closed ??= close();
        return closed;
      },
    };
  } catch (error) {
    if (services !== undefined) await closeServices(services);
    unlock();
    throw error;
  }
}

async function openServices(dataDir: string): Promise<Services> {
  return {
    s3: await openS3(dataDir),
    sqs: await openSqs(join(dataDir, 'sqs')),
    secretsmanager: await openSecrets(join(dataDir, 'secrets')),
  };
}

async function closeServices(services: Services): Promise<void> {
  for (const service of Object.values<Services[keyof Services]>({ ...services })) await service.close();
}

function createHttpServer(services: Services, faults: Faults, closing: AbortSignal): Server {
  const serve = (message: IncomingMessage, response: ServerResponse, awaitsContinue: boolean) => {
    // The socket and not the request: a request counts as destroyed as soon as its body was read.
    const { socket } = message;
    const gone = new AbortController();
    const abort = () => gone.abort();
    socket.once('close', abort);
    closing.addEventListener('abort', abort, { once: true });
    // What a refused client still sends is read and thrown away, or it would not read the refusal.
    response.once('finish', () => message.resume());
    const request = toApiRequest(message, response, gone.signal, awaitsContinue);
    void answer(request, response, services, faults)
      .catch(() => response.destroy())
      .finally(() => {
        socket.off('close', abort);
        closing.removeEventListener('abort', abort);
      });
  };
  const server = createServer(forOwnHost((message, response) => serve(message, response, false)));
  server.on(
    'checkContinue',
    forOwnHost((message, response) => serve(message, response, true)),
  );
  server.keepAliveTimeout = keepAliveMs;
  // A slow upload is not an attack here: no limit on a request's whole time.
  server.requestTimeout = 0;
  return server;
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        hasCode(error, 'EADDRINUSE')
          ? new Error(`starting the embedded AWS: port ${port} is in use`, { cause: error })
          : error,
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

async function endServer(server: Server): Promise<void> {
  const grace = setTimeout(() => server.closeAllConnections(), closeGraceMs);
  // A connection that answers its last request while the server closes is idle only then.
  const idle = setInterval(() => server.closeIdleConnections(), closeIdleMs);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  clearTimeout(grace);
  clearInterval(idle);
}
