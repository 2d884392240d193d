import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { authenticate, authorize } from './authentication.ts';
import { deliver } from './body-stream.ts';
import { dateAt, datesBetween } from './data/calendar.ts';
import { Random, seedFrom } from './data/random.ts';
import { type BodyItem, composeBody } from './export-body.ts';
import { type ExportQuery, parseExportQuery, projectIdOf, requireNotLater } from './export-query.ts';
import { type SelectedRows, selectRows } from './export-rows.ts';
import type { Fault } from './faults.ts';
import type { Project } from './options.ts';
import type { RateBreach } from './rate-limits.ts';
import { invalidCredentials, Refusal, sendExportRefusal, upstreamText } from './replies.ts';
import type { Simulation } from './simulation.ts';
import type { RequestRecord } from './stats.ts';

/** From this size on the body is compressed for those who ask (docs, reference/raw-event-export). */
const gzipFromBytes = 1401;

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly record: RequestRecord;
  readonly signal: AbortSignal;
}

/** Answers `GET /api/2.0/export`: credentials first, then the query, then the limits, then the rows. */
export async function handleExport(
  simulation: Simulation,
  query: URLSearchParams,
  exchange: Exchange,
): Promise<void> {
  try {
    if (exchange.request.method !== 'GET') throw new Refusal(405, 'Method not allowed');
    const caller = authenticate(exchange.request.headers.authorization, simulation.credentials);
    const project = authorize(caller, projectIdOf(query), simulation.projects);
    const exportQuery = parseExportQuery(query);
    requireNotLater(exportQuery.toDate, dateAt(simulation.clock(), simulation.worldOf(project).dayZone));
    await runQuery(simulation, project, exportQuery, exchange);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    sendExportRefusal(exchange.response, error, simulation.errorBody);
  }
}

async function runQuery(
  simulation: Simulation,
  project: Project,
  query: ExportQuery,
  exchange: Exchange,
): Promise<void> {
  const { response, record, signal } = exchange;
  const rate = simulation.rateOf(project);
  const breach = rate.start();
  if (breach !== undefined) throw tooMany(simulation, breach);
  try {
    const days = [...datesBetween(query.fromDate, query.toDate)];
    const fault = simulation.faults.next({ projectId: project.projectId, days });
    record.fault = fault?.kind ?? null;
    if (fault?.kind === 'status') throw refusalOf(simulation, fault);
    if (fault?.kind === 'slowFirstByte') await setTimeout(fault.ms, undefined, { signal });
    const selected = selectRows(simulation, project, query, days);
    await sendRows(simulation, selected, { query, fault, exchange });
    if (fault === undefined || !isDamage(fault)) selected.onServed();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    // The client hung up, the server closes or a fault cut the line: there is nobody left to tell.
    record.outcome = 'cut';
    if (!response.destroyed) response.destroy();
  } finally {
    rate.finish();
    simulation.stats.countDay(project.projectId, query.fromDate, record);
  }
}

interface Sending {
  readonly query: ExportQuery;
  readonly fault: Fault | undefined;
  readonly exchange: Exchange;
}

async function sendRows(simulation: Simulation, selected: SelectedRows, sending: Sending): Promise<void> {
  const { query, fault, exchange } = sending;
  const { request, response, record, signal } = exchange;
  const body = composeBody({
    rows: selected.rows,
    test: selected.test,
    timeInMs: query.timeInMs,
    limit: query.limit,
    rowsPerSecond: simulation.rowsPerSecond,
    plannedRows: Math.min(selected.plannedRows, query.limit ?? Number.POSITIVE_INFINITY),
    fault,
    onRow: () => {
      record.rows += 1;
    },
  });
  const { large, items } = await peek(body, selected.plannedRows);
  const gzip = large && acceptsGzip(request.headers['accept-encoding']);
  record.status = 200;
  response.writeHead(200, {
    'content-type': 'text/plain',
    // Named, so that an empty body is chunked too: nothing tells its length in advance.
    'transfer-encoding': 'chunked',
    ...(gzip ? { 'content-encoding': 'gzip', vary: 'Accept-Encoding' } : {}),
  });
  await deliver({
    response,
    items,
    gzip,
    withheldBytes: fault?.kind === 'gzipCut' ? (fault.bytes ?? 20) : 0,
    chunkBytes: fault?.kind === 'tinyChunks' ? fault.bytes : new Random(seedFrom(simulation.seed, record.at)),
    signal,
    onBytes: (count) => {
      record.bytes += count;
    },
  });
}

/** Reads ahead until it is known whether the body is large. */
async function peek(body: AsyncGenerator<BodyItem>, plannedRows: number) {
  const head: BodyItem[] = [];
  let bytes = 0;
  while (bytes < gzipFromBytes) {
    const { value, done } = await body.next();
    if (done === true) break;
    head.push(value);
    // What comes after an interruption would have made the body large.
    bytes += Buffer.isBuffer(value) ? value.length : plannedRows > 1 ? gzipFromBytes : 0;
  }
  async function* items(): AsyncGenerator<BodyItem> {
    yield* head;
    yield* body;
  }
  return { large: bytes >= gzipFromBytes, items: items() };
}

/** Whether the header names gzip and does not give it a weight of zero. */
function acceptsGzip(header: string | string[] | undefined): boolean {
  return String(header ?? '')
    .split(',')
    .some((coding) => /^\s*(?:x-)?gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$)[\d.]+\s*)?$/i.test(coding));
}

function isDamage(fault: Fault): boolean {
  return !['stall', 'slowFirstByte', 'tinyChunks'].includes(fault.kind);
}

function tooMany(simulation: Simulation, breach: RateBreach): Refusal {
  return new Refusal(429, breach.message, { headers: simulation.retryAfter(breach.waitMs) });
}

function refusalOf(simulation: Simulation, fault: Fault & { readonly kind: 'status' }): Refusal {
  const { status, error } = fault;
  if (status === 401 && error === undefined) return invalidCredentials();
  const wait = fault.retryAfterSeconds ?? (status === 429 ? 1 : undefined);
  const headers =
    fault.retryAfterSeconds !== undefined
      ? { 'retry-after': String(fault.retryAfterSeconds) }
      : wait === undefined
        ? {}
        : simulation.retryAfter(wait * 1000);
  return new Refusal(status, error ?? statusTexts[status], { headers });
}

/** Words that clients recorded; those for 402 to 404 are our own, as nobody has published any. */
const statusTexts: Readonly<Record<(Fault & { kind: 'status' })['status'], string>> = {
  400: 'Timeout Error.',
  401: 'Invalid credentials',
  402: 'Your plan does not allow this request',
  403: 'User does not have access to this project',
  404: 'Not found',
  408: 'Timeout Error.',
  429: 'rate limit reached',
  500: 'error completing export request',
  502: upstreamText,
  503: upstreamText,
  504: 'Timeout Error.',
};
