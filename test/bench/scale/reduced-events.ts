import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { connectorId } from '../../../functions/shared/record-identity.ts';
import type { MixpanelSimulator } from '../../simulators/mixpanel/server.ts';

/** What a day's dataset should hold. */
export interface ExpectedEvents {
  /** The `_id` of each, sorted. */
  readonly ids: readonly string[];
  /** By the events' names. */
  readonly bytesByName: ReadonlyMap<string, number>;
}

/** The events that the simulator has on a day. */
export function expectedEvents(
  mixpanel: MixpanelSimulator,
  { projectId, date }: { readonly projectId: number; readonly date: string },
): ExpectedEvents {
  const ids: string[] = [];
  const bytesByName = new Map<string, number>();
  for (const { event, line } of mixpanel.expectedEvents(projectId, date)) {
    ids.push(connectorId(JSON.parse(line), Buffer.from(line)));
    const bytes = Buffer.byteLength(line) + 1;
    bytesByName.set(event, (bytesByName.get(event) ?? 0) + bytes);
  }
  return { ids: ids.sort(), bytesByName };
}

/** Names of events that make a source, and the bytes of these events. */
export interface Group {
  readonly names: string[];
  bytes: number;
}

/** Divides the project by its events' names, as evenly as they allow: the largest first, each to the smallest group. */
export function divideByName(bytesByName: ReadonlyMap<string, number>, count: number): readonly Group[] {
  const groups = Array.from({ length: count }, (): Group => ({ names: [], bytes: 0 }));
  for (const [name, bytes] of [...bytesByName].toSorted((one, other) => other[1] - one[1])) {
    const smallest = groups.reduce((least, group) => (group.bytes < least.bytes ? group : least));
    smallest.names.push(name);
    smallest.bytes += bytes;
  }
  return groups;
}

const rowSchema = z.object({ _id: z.string() });

/** The `_id` of each row in a file of NDJSON, sorted. */
export async function rowIds(file: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const line of createInterface({ input: createReadStream(file) }))
    ids.push(rowSchema.parse(JSON.parse(line))._id);
  return ids.sort();
}

/** How many entries of two sorted lists have no like in the other. */
export function unmatched(some: readonly string[], others: readonly string[]): number {
  let [one, other, count] = [0, 0, 0];
  while (one < some.length || other < others.length) {
    const [left, right] = [some[one], others[other]];
    if (left === right) {
      one += 1;
      other += 1;
    } else {
      count += 1;
      if (right === undefined || (left !== undefined && left < right)) one += 1;
      else other += 1;
    }
  }
  return count;
}
