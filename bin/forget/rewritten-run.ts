import { hash } from 'node:crypto';

const rewriting = /-f(\d{4})-[0-9a-f]{8}$/;

/**
 * The id under which a run is stored anew without some of its lines. It follows from the run and the list alone, so that
 * whoever goes on after a crash writes the same objects; it sorts behind the run and before every later one.
 *
 * @example rewrittenRun('20260309T033000123Z-1f2e3d4c', digests) === '20260309T033000123Z-1f2e3d4c-f0001-5a6b7c8d'
 */
export function rewrittenRun(run: string, digests: readonly string[]): string {
  const times = Number(rewriting.exec(run)?.[1] ?? 0) + 1;
  const list = hash('sha256', [...digests].sort().join('\n')).slice(0, 8);
  return `${exportedRun(run)}-f${String(times).padStart(4, '0')}-${list}`;
}

/** The run as it was exported, whatever has become of it since. */
export function exportedRun(run: string): string {
  return run.replace(rewriting, '');
}

/** When a run began, by its id; undefined for an id of another making. */
export function startOfRun(run: string): number | undefined {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)\d*Z-/.exec(run) ?? [];
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}
