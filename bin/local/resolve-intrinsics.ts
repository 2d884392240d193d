import * as z from 'zod';
import { ConfigError } from '../../functions/shared/errors.ts';

/** What is known of the resources that a template names. */
export interface ResolveScope {
  /** What `Ref` gives: of a resource, a parameter or a pseudo parameter. */
  ref(name: string): string | undefined;
  attribute(logicalId: string, attribute: string): string | undefined;
}

type Resolver = (argument: unknown, scope: ResolveScope, path: string) => unknown;

const subPattern = /\$\{(!?)([^}]+)\}/g;

/** The intrinsic functions that the connector's template uses where the local host looks. */
const intrinsics: Readonly<Record<string, Resolver>> = {
  Ref: (argument, scope, path) => {
    const name = expect(z.string(), argument, path);
    return scope.ref(name) ?? unknownName(path, name);
  },
  'Fn::GetAtt': (argument, scope, path) => {
    const [logicalId = '', ...attribute] = Array.isArray(argument)
      ? expect(z.array(z.string()), argument, path)
      : expect(z.string(), argument, path).split('.');
    return getAttribute(scope, logicalId, attribute.join('.'), path);
  },
  'Fn::Join': (argument, scope, path) => {
    const [separator, items] = expect(z.tuple([z.string(), z.array(z.unknown())]), argument, path);
    return items.map((item, index) => resolveText(item, scope, `${path}[${index}]`)).join(separator);
  },
  'Fn::Sub': (argument, scope, path) => {
    const [text, variables] = Array.isArray(argument)
      ? expect(z.tuple([z.string(), z.record(z.string(), z.unknown())]), argument, path)
      : [expect(z.string(), argument, path), {}];
    return text.replaceAll(subPattern, (_, literal: string, name: string) => {
      if (literal === '!') return `\${${name}}`;
      if (Object.hasOwn(variables, name)) return resolveText(variables[name], scope, `${path}.${name}`);
      const [logicalId = '', ...attribute] = name.split('.');
      if (attribute.length > 0) return getAttribute(scope, logicalId, attribute.join('.'), path);
      return scope.ref(name) ?? unknownName(path, name);
    });
  },
  'Fn::Select': (argument, scope, path) => {
    const [index, list] = expect(z.tuple([z.coerce.number(), z.unknown()]), argument, path);
    return expect(z.array(z.unknown()), resolve(list, scope, path), path)[index];
  },
  'Fn::Split': (argument, scope, path) => {
    const [separator, text] = expect(z.tuple([z.string(), z.unknown()]), argument, path);
    return resolveText(text, scope, path).split(separator);
  },
};

/**
 * Resolves every intrinsic function in a value of a template.
 *
 * @param path where the value stands, for messages.
 * @throws {ConfigError} on an intrinsic that is not known here, or a name that means nothing.
 */
export function resolve(value: unknown, scope: ResolveScope, path: string): unknown {
  if (Array.isArray(value)) return value.map((item, index) => resolve(item, scope, `${path}[${index}]`));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first !== undefined && /^(Ref|Condition|Fn::.*)$/.test(first[0])) {
    const [name, argument] = first;
    const resolver = Object.hasOwn(intrinsics, name) ? intrinsics[name] : undefined;
    if (resolver !== undefined) return resolver(argument, scope, path);
    throw unresolvable(
      path,
      `the local host does not know ${name}; it knows ${Object.keys(intrinsics).join(', ')}`,
    );
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, resolve(item, scope, `${path}.${key}`)]));
}

/** As `resolve`, for a value that must be text in the end. @throws {ConfigError} */
export function resolveText(value: unknown, scope: ResolveScope, path: string): string {
  const resolved = resolve(value, scope, path);
  if (typeof resolved === 'string') return resolved;
  if (typeof resolved === 'number' || typeof resolved === 'boolean') return String(resolved);
  throw unresolvable(path, 'must be text');
}

function getAttribute(scope: ResolveScope, logicalId: string, attribute: string, path: string): string {
  return scope.attribute(logicalId, attribute) ?? unknownName(path, `${logicalId}.${attribute}`);
}

function unknownName(path: string, name: string): never {
  throw unresolvable(path, `${name} is nothing that the local host makes`);
}

function expect<Schema extends z.ZodType>(schema: Schema, value: unknown, path: string): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw unresolvable(path, 'the intrinsic function has arguments of another form');
  return parsed.data;
}

function unresolvable(path: string, problem: string): ConfigError {
  return new ConfigError('reading the synthesized template', [`${path}: ${problem}`]);
}
