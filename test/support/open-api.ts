import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod';
import { jsonBodyProblems } from './open-api-bodies.ts';

const valueSchema = z.looseObject({ enum: z.array(z.unknown()).optional(), type: z.string().optional() });
const parameterSchema = z
  .looseObject({
    ...valueSchema.shape,
    name: z.string(),
    in: z.enum(['header', 'path', 'query', 'cookie', 'body']),
    required: z.boolean().default(false),
    schema: valueSchema.optional(),
  })
  // Swagger 2 says beside a parameter's name what OpenAPI 3 says in a schema of its own.
  .transform(({ schema, ...own }) => ({ ...own, schema: schema ?? { enum: own.enum, type: own.type } }));
const parametersSchema = z.array(z.unknown()).default([]);
const operationSchema = z.looseObject({
  parameters: parametersSchema,
  consumes: z.array(z.string()).optional(),
  requestBody: z
    .looseObject({
      required: z.boolean().default(false),
      content: z.record(z.string(), z.looseObject({ schema: z.unknown().optional() })).default({}),
    })
    .optional(),
});
const pathSchema = z.looseObject({ parameters: parametersSchema });
const documentSchema = z.looseObject({
  servers: z.array(z.looseObject({ url: z.string() })).optional(),
  basePath: z.string().default('/'),
  consumes: z.array(z.string()).default([]),
  paths: z.record(z.string(), pathSchema),
});
const referenceSchema = z.looseObject({ $ref: z.string() });
const nodeSchema = z.record(z.string(), z.unknown());

/** A published description of an API, OpenAPI 3 or Swagger 2, as far as requests are concerned. */
export type OpenApiDocument = z.output<typeof documentSchema>;

/** @throws {ZodError} when the file is no such description. */
export function readOpenApi(file: string | URL): OpenApiDocument {
  return documentSchema.parse(parse(readFileSync(file, 'utf8')));
}

/** One request, as it went over the wire. */
export interface SentRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Empty without one. */
  readonly body: string;
}

/** What a description says against a request. */
export interface CheckedRequest {
  /** @example 'POST /data/foundation/import/batches/{batchId}' */
  readonly operation: string;
  readonly problems: readonly string[];
}

/** Holds a request against a description; undefined when the document has no such path and method. */
export function checkRequest(document: OpenApiDocument, request: SentRequest): CheckedRequest | undefined {
  const [path = '', query = ''] = request.url.split('?');
  const base = basePath(document);
  if (!path.startsWith(`${base}/`)) return undefined;
  const method = request.method.toLowerCase();
  const found = Object.entries(document.paths).find(
    ([template, methods]) =>
      methods[method] !== undefined && pathPattern(template).test(path.slice(base.length)),
  );
  if (found === undefined) return undefined;
  const [template, methods] = found;
  const operation = operationSchema.parse(methods[method]);
  const parameters = [...methods.parameters, ...operation.parameters].map((parameter) =>
    parameterSchema.parse(resolved(document, parameter)),
  );
  return {
    operation: `${request.method} ${base}${template}`,
    problems: [
      ...queryProblems(parameters, new URLSearchParams(query)),
      ...headerProblems(parameters, request),
      ...bodyProblems(document, bodyOf(document, operation, parameters), request),
    ],
  };
}

/** What a reference stands for, or the value itself when it is none. @throws {ZodError} when it leads nowhere. */
export function resolved(document: OpenApiDocument, value: unknown): unknown {
  const reference = referenceSchema.safeParse(value);
  if (!reference.success) return value;
  const steps = reference.data.$ref.split('/').slice(1);
  return resolved(
    document,
    steps.reduce<unknown>((node, step) => nodeSchema.parse(node)[step], document),
  );
}

type Parameter = z.output<typeof parameterSchema>;

/** The path that every path of the document begins with; without one, nothing. */
function basePath({ servers, basePath: path }: OpenApiDocument): string {
  const url = servers?.[0]?.url.replaceAll(/\{\w+\}/g, 'host') ?? path;
  return new URL(url, 'https://host').pathname.replace(/\/$/, '');
}

/** A variable is one segment, or, as Adobe's `filePath`, several at the end. */
function pathPattern(template: string): RegExp {
  const escaped = template.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('{filePath}', '.+').replaceAll(/\{\w+\}/g, '[^/]+')}$`);
}

function queryProblems(parameters: readonly Parameter[], query: URLSearchParams): string[] {
  const known = parameters.filter(({ in: place }) => place === 'query');
  return [
    ...[...query.keys()]
      .filter((name) => !known.some((parameter) => parameter.name === name))
      .map((name) => `the query parameter ${name} is not known`),
    ...known.flatMap(({ name, required, schema }) => {
      const value = query.get(name);
      if (value === null) return required ? [`the query parameter ${name} is missing`] : [];
      if (schema.enum !== undefined && !schema.enum.includes(value))
        return [`the query parameter ${name} is none of ${schema.enum.join(', ')}`];
      return schema.type === 'integer' && !/^-?\d+$/.test(value) ? [`${name} is no whole number`] : [];
    }),
  ];
}

function headerProblems(parameters: readonly Parameter[], { headers }: SentRequest): string[] {
  return parameters
    .filter(({ in: place }) => place === 'header')
    .flatMap(({ name, required, schema }) => {
      const value = headers[name.toLowerCase()];
      if (value === undefined) return required ? [`the header ${name} is missing`] : [];
      return schema.enum === undefined || schema.enum.includes(value)
        ? []
        : [`the header ${name} is none of ${schema.enum.join(', ')}`];
    });
}

/** A body as an operation describes it: a schema by each type that it takes. */
interface DescribedBody {
  readonly required: boolean;
  readonly content: Readonly<Record<string, { readonly schema?: unknown }>>;
}

function bodyOf(
  document: OpenApiDocument,
  { requestBody, consumes = document.consumes }: z.output<typeof operationSchema>,
  parameters: readonly Parameter[],
): DescribedBody {
  const parameter = parameters.find(({ in: place }) => place === 'body');
  if (parameter === undefined) return requestBody ?? { required: false, content: {} };
  const { required, schema } = parameter;
  return { required, content: Object.fromEntries(consumes.map((type) => [type, { schema }])) };
}

function bodyProblems(
  document: OpenApiDocument,
  { required, content }: DescribedBody,
  { headers, body }: SentRequest,
): string[] {
  const types = Object.keys(content);
  if (body === '') return required ? ['the body is missing'] : [];
  if (types.length === 0) return ['a body is not known'];
  const sent = String(headers['content-type']).split(';')[0] ?? '';
  const described = content[sent];
  if (described === undefined) return [`the body is ${sent}, and not ${types.join(' or ')}`];
  if (sent !== 'application/json') return [];
  return jsonBodyProblems((value) => resolved(document, value), described.schema ?? {}, body);
}
