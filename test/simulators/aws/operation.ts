import type { ApiError } from './api-error.ts';
import type { ApiRequest } from './api-request.ts';
import type { CallName } from './faults.ts';
import type { Reply } from './reply.ts';

/** A request that was understood: what it is called, and the act itself. */
export interface Operation extends CallName {
  run(): Promise<Reply>;
}

/** One service's protocol: how it reads a request, and how it writes a refusal. */
export interface Service {
  /** @throws {ApiError} when the request is not one of the service. */
  prepare(request: ApiRequest): Promise<Operation> | Operation;
  refuse(error: ApiError, request: ApiRequest): Reply;
  /** Ends what runs on its own and closes what is open. */
  close(): Promise<void>;
}
