import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod';

const schemaSchema = z.looseObject({ enum: z.array(z.unknown()).optional(), type: z.string().optional() });
const parameterSchema = z.looseObject({
  name: z.string(),
  in: z.enum(['header', 'path', 'query', 'cookie']),
  required: z.boolean().default(false),
  schema: schemaSchema.default({}),
});
const referenceSchema = z.looseObject({ $ref: z.string() });
const operationSchema = z.looseObject({
  parameters: z.array(z.union([referenceSchema, parameterSchema])).default([]),
  requestBody: z.looseObject({ content: z.record(z.string(), z.unknown()).default({}) }).optional(),
});
const documentSchema = z.looseObject({
  servers: z.array(z.looseObject({ url: z.string() })).min(1),
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.looseObject({ parameters: z.record(z.string(), z.unknown()).default({}) }).optional(),
});

/** A published description of an API, as far as requests are concerned. */
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
  readonly hasBody: boolean;
}

/** What an operation says against a request: undefined when the document has no such path and method. */
export function openApiProblems(document: OpenApiDocument, request: SentRequest): string[] | undefined {
  const [path = '', query = ''] = request.url.split('?');
  const base = new URL(document.servers[0]?.url.replaceAll(/\{\w+\}/g, 'host') ?? '', 'https://host')
    .pathname;
  if (!path.startsWith(`${base}/`)) return undefined;
  const found = Object.entries(document.paths).flatMap(([template, operations]) => {
    const operation = operations[request.method.toLowerCase()];
    return operation !== undefined && pathPattern(template).test(path.slice(base.length)) ? [operation] : [];
  })[0];
  if (found === undefined) return undefined;
  const operation = operationSchema.parse(found);
  const parameters = operation.parameters.map((parameter) => resolved(document, parameter));
  return [
    ...queryProblems(parameters, new URLSearchParams(query)),
    ...headerProblems(parameters, request),
    ...bodyProblems(Object.keys(operation.requestBody?.content ?? {}), request),
  ];
}

type Parameter = z.output<typeof parameterSchema>;

function resolved(document: OpenApiDocument, parameter: unknown): Parameter {
  const reference = referenceSchema.safeParse(parameter);
  if (!reference.success) return parameterSchema.parse(parameter);
  return parameterSchema.parse(document.components?.parameters[reference.data.$ref.split('/').at(-1) ?? '']);
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

function bodyProblems(mediaTypes: readonly string[], { headers, hasBody }: SentRequest): string[] {
  if (mediaTypes.length === 0 || !hasBody) return [];
  const sent = String(headers['content-type']).split(';')[0] ?? '';
  return mediaTypes.includes(sent) ? [] : [`the body is ${sent}, and not ${mediaTypes.join(' or ')}`];
}
