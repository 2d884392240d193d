import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import { isCalendarDate } from './data/calendar.ts';
import { badDaysSchema, faultSchema } from './faults.ts';
import { sendJson } from './replies.ts';
import type { Simulation } from './simulation.ts';
import type { MixpanelStats } from './stats.ts';

const faultsBody = z.strictObject({
  faults: z.array(faultSchema).optional(),
  badDays: badDaysSchema.nullable().optional(),
});
const pullsBody = z.strictObject({
  projectId: z.int(),
  day: z.string().refine(isCalendarDate, 'must be a date'),
});

/** Answers the simulator's own routes, which no real vendor has: `/_sim/stats`, `/_sim/requests`, `/_sim/faults`, `/_sim/pulls`. */
export async function handleAdmin(
  simulation: Simulation,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const route = `${request.method} ${path}`;
  if (route === 'GET /_sim/stats') return sendJson(response, 200, statsOf(simulation));
  if (route === 'GET /_sim/requests') return sendJson(response, 200, simulation.stats.recent());
  if (route === 'POST /_sim/faults')
    return change(request, response, faultsBody, (body) => setFaults(simulation, body));
  if (route === 'POST /_sim/pulls') {
    return change(request, response, pullsBody, ({ projectId, day }) =>
      simulation.pulls.advance(projectId, day),
    );
  }
  sendJson(response, 404, { error: `no route ${route}` });
}

/** The counts of everything since the start. */
export function statsOf(simulation: Simulation): MixpanelStats {
  const rates = [...simulation.rates.values()];
  const running = rates.reduce((sum, rate) => sum + rate.running, 0);
  return simulation.stats.snapshot(running, Math.max(0, ...rates.map((rate) => rate.maxRunning)));
}

function setFaults(simulation: Simulation, { faults, badDays }: z.output<typeof faultsBody>): void {
  if (faults !== undefined) simulation.faults.setFaults(faults);
  if (badDays !== undefined) simulation.faults.setBadDays(badDays ?? undefined);
}

async function change<Schema extends z.ZodType>(
  request: IncomingMessage,
  response: ServerResponse,
  schema: Schema,
  apply: (body: z.output<Schema>) => void,
): Promise<void> {
  let body: unknown;
  try {
    body = JSON.parse(await text(request));
  } catch {
    return sendJson(response, 400, { error: 'the body must be JSON' });
  }
  const parsed = schema.safeParse(body);
  if (!parsed.success) return sendJson(response, 400, { error: z.prettifyError(parsed.error) });
  apply(parsed.data);
  sendJson(response, 200, { ok: true });
}
