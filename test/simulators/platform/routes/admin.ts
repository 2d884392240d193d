import { Readable } from 'node:stream';
import * as z from 'zod';
import type { Exchange } from '../exchange.ts';
import { faultSchema } from '../faults.ts';
import type { Platform } from '../platform.ts';
import { ok, type Reply } from '../reply.ts';
import type { Route } from '../router.ts';
import { datasetOf } from './catalog-datasets.ts';

const faultsBody = z.union([z.array(faultSchema), faultSchema.transform((fault) => [fault])]);
const clockBody = z.strictObject({ advanceMs: z.int().min(0) });

/** The simulator's own routes: what tests and the local set-up look at, and what they change. Never part of Platform. */
export function adminRoutes(platform: Platform): Route[] {
  const { lake, faults, batches } = platform;

  function active(exchange: Exchange): Reply {
    const id = exchange.param('dataset');
    datasetOf(platform, id);
    return {
      status: 200,
      headers: { 'content-type': 'application/x-ndjson' },
      stream: Readable.from(lake.active(id)),
    };
  }

  async function activeStats(exchange: Exchange): Promise<Reply> {
    datasetOf(platform, exchange.param('dataset'));
    return ok(await lake.activeStats(exchange.param('dataset')));
  }

  async function profileStats(exchange: Exchange): Promise<Reply> {
    const enabled = datasetOf(platform, exchange.param('dataset')).tags.unifiedProfile?.includes(
      'enabled:true',
    );
    if (enabled !== true) return ok({ events: 0, duplicates: 0, tooLarge: 0, unknownNamespace: 0 });
    const rules = {
      maxEventBytes: platform.settings.maxProfileEventBytes,
      hasNamespace: (code: string) => platform.hasNamespace(code),
    };
    return ok(await lake.profileStats(exchange.param('dataset'), rules));
  }

  async function addFaults(exchange: Exchange): Promise<Reply> {
    for (const fault of await exchange.json(faultsBody)) faults.add(fault);
    return ok(faults.pending(), 201);
  }

  function clearFaults(): Reply {
    faults.clear();
    return { status: 204 };
  }

  async function advance(exchange: Exchange): Promise<Reply> {
    platform.clock.advance((await exchange.json(clockBody)).advanceMs);
    return ok({ now: platform.clock.now() });
  }

  /** What Platform does in its own time: open batches are given up, reverted ones are cleared away. */
  function collect(): Reply {
    for (const batch of batches.withStatus('loading')) batches.update(batch.id, { status: 'abandoned' });
    for (const batch of batches.withStatus('inactive')) batches.update(batch.id, { status: 'deleted' });
    return { status: 204 };
  }

  const route = (method: string, path: string, handle: Route['handle']): Route => ({
    method,
    pattern: `/_sim${path}`,
    name: '_sim',
    guard: 'none',
    handle,
  });
  return [
    route('GET', '/stats', () => ok(stats(platform))),
    route('GET', '/batches', () => ok(batches.all())),
    route('GET', '/datasets/{dataset}/active', active),
    route('GET', '/datasets/{dataset}/active-stats', activeStats),
    route('GET', '/datasets/{dataset}/profile-stats', profileStats),
    route('GET', '/faults', () => ok(faults.pending())),
    route('POST', '/faults', addFaults),
    route('DELETE', '/faults', clearFaults),
    route('POST', '/clock', advance),
    route('POST', '/collect', collect),
  ];
}

/** What happened since the start, and what there is. */
export function stats(platform: Platform): Record<string, unknown> {
  const statuses: Record<string, number> = {};
  for (const { status } of platform.batches.all()) statuses[status] = (statuses[status] ?? 0) + 1;
  const { routes, tokens, uploadedBytes } = platform.counts;
  return { requests: routes, tokens, uploadedBytes, batches: statuses, faultsFired: platform.faults.fired };
}
