import type { Exchange } from './exchange.ts';
import type { Reply } from './reply.ts';

/** How a route is guarded: by the gateway's header checks, or by itself alone. */
export type Guard = 'gateway' | 'none';

/** What answers a method and a path. */
export interface Route {
  readonly method: string;
  /** @example '/data/foundation/import/batches/{batch}/datasets/{dataset}/files/{path...}' */
  readonly pattern: string;
  /** What faults and statistics call it. */
  readonly name: string;
  readonly guard: Guard;
  /** Whether the gateway asks for a sandbox. @default true */
  readonly sandboxed?: boolean;
  handle(exchange: Exchange): Promise<Reply> | Reply;
}

/** A route that answers, with the variables of its path. */
export interface RouteMatch {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/**
 * The route for a method and a raw path, with the path's variables decoded. `{name}` stands for one segment, `{name...}`
 * at the end for all that follow.
 */
export function matchRoute(routes: readonly Route[], method: string, path: string): RouteMatch | undefined {
  const segments = path.split('/').slice(1);
  for (const route of routes) {
    if (route.method !== method) continue;
    const params = matchPattern(route.pattern.split('/').slice(1), segments);
    if (params !== undefined) return { route, params };
  }
  return undefined;
}

function matchPattern(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index];
    if (part.startsWith('{') && part.endsWith('...}')) {
      const rest = decode(segments.slice(index).join('/'));
      if (rest === undefined || rest === '') return undefined;
      params[part.slice(1, -4)] = rest;
      return params;
    }
    if (segment === undefined) return undefined;
    if (part.startsWith('{')) {
      const value = decode(segment);
      if (value === undefined || value === '') return undefined;
      params[part.slice(1, -1)] = value;
    } else if (part !== segment) return undefined;
  }
  return pattern.length === segments.length ? params : undefined;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
