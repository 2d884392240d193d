import * as z from 'zod';
import { ApiError, notImplemented } from './api-error.ts';
import type { ApiRequest } from './api-request.ts';
import type { CallName } from './faults.ts';
import type { Operation } from './operation.ts';
import type { Reply } from './reply.ts';

/** One operation of a JSON service: its input's schema and what it does. */
export interface JsonOperation {
  run(input: unknown, request: ApiRequest): Promise<unknown>;
}

/** Ties an operation to its schema; a member that the schema lacks is refused, not ignored. */
export function jsonOperation<Schema extends z.ZodType>(
  schema: Schema,
  act: (input: z.output<Schema>, request: ApiRequest) => unknown,
): JsonOperation {
  return { run: async (input, request) => act(parseInput(schema, input), request) };
}

/** How a service speaks JSON. */
export interface JsonDialect {
  readonly service: CallName['service'];
  readonly contentType: string;
  readonly operations: Readonly<Record<string, JsonOperation>>;
  /** The input's members that tell what is acted on, first one present wins. */
  readonly subjects: readonly string[];
}

/**
 * 1 MiB is the largest SQS request; JSON may write a byte of it as six (`\u0001`), and the rest is room for
 * names and handles.
 */
const maxRequestBytes = 8 * 1024 * 1024;

/** Reads a request of the JSON protocols. @throws {ApiError} for what is unsigned, unknown or unreadable. */
export async function prepareJson(request: ApiRequest, dialect: JsonDialect): Promise<Operation> {
  if (!request.signed)
    throw new ApiError(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
  const name = request.headers.get('x-amz-target')?.split('.')[1] ?? '';
  const operation = Object.hasOwn(dialect.operations, name) ? dialect.operations[name] : undefined;
  if (request.method !== 'POST' || operation === undefined) throw notImplemented(`The operation ${name}`);
  const input = readJson(await request.text(maxRequestBytes));
  return {
    service: dialect.service,
    operation: name,
    subject: subjectOf(input, dialect.subjects),
    run: async () => jsonReply(200, dialect, (await operation.run(input, request)) ?? {}),
  };
}

/** An answer in the dialect. */
export function jsonReply(
  status: number,
  dialect: Pick<JsonDialect, 'contentType'>,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return {
    status,
    headers: { 'content-type': dialect.contentType, ...headers },
    body: JSON.stringify(value),
  };
}

function readJson(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    throw new ApiError(400, 'SerializationException', 'The request is not JSON.');
  }
}

function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const unknown = parsed.error.issues.find((issue) => issue.code === 'unrecognized_keys');
  if (unknown?.code === 'unrecognized_keys') throw notImplemented(`The member ${unknown.keys.join(', ')}`);
  const [issue] = parsed.error.issues;
  const path = issue?.path.join('.') ?? '';
  if (issue?.code === 'invalid_type' && valueAt(input, issue.path) === undefined)
    throw new ApiError(400, 'MissingParameter', `The request must contain the parameter ${path}.`);
  throw new ApiError(400, 'InvalidParameterValue', `Value for parameter ${path} is invalid.`);
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    root,
  );
}

const anyObject = z.record(z.string(), z.unknown());

function subjectOf(input: unknown, members: readonly string[]): string {
  const object = anyObject.safeParse(input).data ?? {};
  for (const member of members) {
    const value = object[member];
    if (typeof value === 'string') return value;
  }
  return '';
}
