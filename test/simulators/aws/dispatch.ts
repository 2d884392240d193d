import type { ServerResponse } from 'node:http';
import { answerAdmin } from './admin.ts';
import { ApiError, hasCode } from './api-error.ts';
import type { ApiRequest } from './api-request.ts';
import type { Fault, Faults } from './faults.ts';
import type { Operation, Service } from './operation.ts';
import { cutReply, dropReply, type Reply, sendReply } from './reply.ts';

/** The three services behind the one port. */
export interface Services {
  readonly s3: Service;
  readonly sqs: Service;
  readonly secretsmanager: Service;
}

/** Answers one request; never rejects. */
export async function answer(
  request: ApiRequest,
  response: ServerResponse,
  services: Services,
  faults: Faults,
): Promise<void> {
  if (request.path.startsWith('/_sim/')) {
    const reply = await answerAdmin(request, faults).catch(() => ({ status: 400 }));
    return sendReply(response, reply, request.id);
  }
  const service = serviceOf(request, services);
  let operation: Operation;
  try {
    operation = await service.prepare(request);
  } catch (error) {
    return sendReply(response, refusal(service, error, request), request.id);
  }
  const fault = faults.take(operation);
  if (fault?.when === 'before') return breakOff(response, { fault, service, request });
  const reply = await operation.run().catch((error: unknown) => refusal(service, error, request));
  if (fault === undefined) return sendReply(response, reply, request.id);
  return breakOff(response, { fault, service, request, reply });
}

/** The JSON services name themselves in `x-amz-target`; every other request is S3's. */
function serviceOf(request: ApiRequest, services: Services): Service {
  const target = request.headers.get('x-amz-target') ?? '';
  if (target.startsWith('AmazonSQS.')) return services.sqs;
  if (target.startsWith('secretsmanager.')) return services.secretsmanager;
  return services.s3;
}

function refusal(service: Service, error: unknown, request: ApiRequest): Reply {
  if (error instanceof ApiError) return service.refuse(error, request);
  // A client that hung up in the middle of its upload is everyday life and needs no line.
  const hungUp = request.gone.aborted || hasCode(error, 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE');
  if (!hungUp) console.error(`${request.method} request failed:`, error);
  return service.refuse(new ApiError(500, 'InternalError', 'The server met an error of its own.'), request);
}

interface Break {
  readonly fault: Fault;
  readonly service: Service;
  readonly request: ApiRequest;
  readonly reply?: Reply;
}

async function breakOff(response: ServerResponse, { fault, service, request, reply }: Break): Promise<void> {
  if (fault.kind === 'reset') return cutReply(response, reply ?? { status: 200 });
  if (reply !== undefined) dropReply(reply);
  const error =
    fault.kind === '503'
      ? new ApiError(503, 'SlowDown', 'Please reduce your request rate.')
      : new ApiError(500, 'InternalError', 'We encountered an internal error. Please try again.');
  return sendReply(response, service.refuse(error, request), request.id);
}
