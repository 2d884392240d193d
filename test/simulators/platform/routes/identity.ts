import * as z from 'zod';
import type { Exchange } from '../exchange.ts';
import type { Platform } from '../platform.ts';
import { ok, type Reply, ReplyError } from '../reply.ts';
import type { Route } from '../router.ts';

const createBody = z.strictObject({
  name: z.string().min(1),
  code: z.string(),
  idType: z.string(),
  description: z.string().optional(),
});

/** As the specification lists them; its own error text writes them in capitals, so either is taken. */
const idTypes = ['COOKIE', 'CROSS_DEVICE', 'DEVICE', 'EMAIL', 'MOBILE', 'NON_PEOPLE', 'PHONE'];

/** Identity namespaces. */
export function identityRoutes(platform: Platform): Route[] {
  const { namespaces } = platform.documents;

  async function create(exchange: Exchange): Promise<Reply> {
    const body = await exchange.json(createBody);
    const idType = body.idType.toUpperCase();
    if (!idTypes.includes(idType))
      throw namespaceError(400, 'INVALID_REQUEST_PARAMS', 'idType is not one of those allowed');
    if (!/^[A-Za-z0-9]+$/.test(body.code)) {
      throw namespaceError(400, 'INVALID_REQUEST_PARAMS', 'code may have letters and digits only');
    }
    if (namespaces.entries().some(([code]) => code.toLowerCase() === body.code.toLowerCase())) {
      throw namespaceError(409, 'INTEGRATION_CODE_EXISTS', 'the code is in use', 'NAMESPACE_CODE_CONFLICT');
    }
    const id = namespaces.values().length + 1;
    const { description } = body;
    const stored = {
      id,
      code: body.code,
      name: body.name,
      idType,
      custom: true,
      createTime: platform.clock.now(),
    };
    namespaces.set(body.code, description === undefined ? stored : { ...stored, description });
    return ok(namespaces.get(body.code));
  }

  const route = { pattern: '/data/core/idnamespace/identities', name: 'identity', guard: 'gateway' } as const;
  return [
    { ...route, method: 'GET', handle: () => ok(namespaces.values()) },
    { ...route, method: 'POST', handle: create },
  ];
}

function namespaceError(
  status: number,
  code: string,
  description: string,
  title = 'Namespace validation',
): ReplyError {
  const type = 'http://ns.adobe.com/adobecloud/problem/namespacevalidation';
  return new ReplyError({ status, json: { type, status, title, description, report: { code } } });
}
