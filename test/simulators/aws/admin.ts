import * as z from 'zod';
import type { ApiRequest } from './api-request.ts';
import { type Faults, faultSchema } from './faults.ts';
import type { Reply } from './reply.ts';

const faultsBodySchema = z.union([faultSchema, z.array(faultSchema)]);
const maxBodyBytes = 64 * 1024;

/**
 * The server's own routes, unsigned: `GET /_sim/stats`, `POST /_sim/faults` (one rule or a list),
 * `DELETE /_sim/faults`. No bucket can be named `_sim`.
 */
export async function answerAdmin(request: ApiRequest, faults: Faults): Promise<Reply> {
  switch (`${request.method} ${request.path}`) {
    case 'GET /_sim/stats':
      return json(200, faults.stats());
    case 'DELETE /_sim/faults':
      faults.clear();
      return json(200, {});
    case 'POST /_sim/faults':
      return addFaults(await request.text(maxBodyBytes), faults);
    default:
      return json(404, { error: `no such route: ${request.method} ${request.path}` });
  }
}

function addFaults(text: string, faults: Faults): Reply {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return json(400, { error: 'the body is not JSON' });
  }
  const parsed = faultsBodySchema.safeParse(value);
  if (!parsed.success) return json(400, { error: z.prettifyError(parsed.error) });
  for (const fault of [parsed.data].flat()) faults.add(fault);
  return json(200, {});
}

function json(status: number, value: unknown): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
