import * as z from 'zod';
import { ConfigError } from '../../errors.ts';
import type { FieldShape, ScalarType } from '../field-shape.ts';
import { findReferenced, indexById } from './references.ts';
import { type Limits, limitsSchema, openField, type TargetField, type TargetSchema } from './target-field.ts';

/** Schemas nest some ten levels. */
const maxDepth = 40;
/** Platform takes 10 000 fields in a row; the bound ends schemas whose references multiply. */
const maxFields = 100_000;

/** A whole number that ends here is XDM's `int`; a smaller maximum is a limit that somebody has set. */
const largestInt = 2 ** 31 - 1;

const fullForm =
  'full form, as the Schema Registry gives it for application/vnd.adobe.xed-full+json; version=1';

/** The keywords that are read, each passed over where it is malformed; all others say nothing of a row. */
const keywordsSchema = z.looseObject({
  $ref: z.string().optional().catch(undefined),
  allOf: z.array(z.unknown()).default([]).catch([]),
  type: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .catch(undefined),
  properties: z.record(z.string(), z.unknown()).optional().catch(undefined),
  additionalProperties: z.unknown().optional(),
  items: z.unknown().optional(),
  required: z.array(z.string()).default([]).catch([]),
  const: z.unknown().optional(),
});
type Keywords = z.output<typeof keywordsSchema>;

/**
 * Reads an XDM schema in its full form, or any JSON Schema: what a row's fields are, with references within the
 * document followed and the parts of `allOf` put together.
 *
 * @param what as errors say it: "reading the schema x.json".
 * @throws {ConfigError} when the document describes no object.
 */
export function readTargetSchema(document: unknown, what: string): TargetSchema {
  const reader = new Reader(document);
  const root = reader.read(document);
  if (root.fields.size === 0) {
    const noFields = '(root): must be a JSON Schema with "properties"';
    throw new ConfigError(what, reader.unresolved.length > 0 ? reader.unresolved : [noFields]);
  }
  if (reader.fieldsRead > maxFields) {
    throw new ConfigError(what, [
      `(root): describes more than ${maxFields} fields, or refers to itself in circles`,
    ]);
  }
  return { root, unresolved: reader.unresolved };
}

/** The types alone of a schema's fields; whatever can't be read takes any value. */
export function shapeOfSchema(document: unknown): FieldShape {
  return new Reader(document).read(document).shape;
}

/** A field while its parts are put together. */
interface Draft {
  type: string | undefined;
  readonly limits: Limits[];
  readonly fields: Map<string, Draft>;
  others: Draft | 'any' | undefined;
  items: Draft | undefined;
  readonly required: Set<string>;
}

/** Where in the document the reader is. */
interface Place {
  /** The path in a row, for messages. */
  readonly path: string;
  readonly depth: number;
  /** References that are being followed: one that leads back to itself is left open. */
  readonly trail: readonly string[];
}

class Reader {
  readonly unresolved: string[] = [];
  fieldsRead = 0;
  private readonly document: unknown;
  private readonly byId: ReadonlyMap<string, unknown>;

  constructor(document: unknown) {
    this.document = document;
    this.byId = indexById(document);
  }

  read(node: unknown): TargetField {
    const draft = this.draft();
    this.merge(draft, node, { path: '', depth: 0, trail: [] });
    return finish(draft);
  }

  private draft(): Draft {
    this.fieldsRead += 1;
    return {
      type: undefined,
      limits: [],
      fields: new Map(),
      others: undefined,
      items: undefined,
      required: new Set(),
    };
  }

  /** Adds what the node says: first what it refers to, so that its own type counts. */
  private merge(into: Draft, node: unknown, place: Place): void {
    const parsed = keywordsSchema.safeParse(node);
    if (!parsed.success || place.depth > maxDepth || this.fieldsRead > maxFields) return;
    const keywords = parsed.data;
    if (keywords.$ref !== undefined) this.follow(into, keywords.$ref, place);
    for (const part of keywords.allOf) this.merge(into, part, { ...place, depth: place.depth + 1 });
    into.type = typeOf(keywords.type) ?? into.type;
    into.limits.push(...limitsOf(node, keywords));
    for (const name of keywords.required) into.required.add(name);
    this.mergeBelow(into, keywords, place);
  }

  private mergeBelow(into: Draft, keywords: Keywords, place: Place): void {
    const below = (path: string): Place => ({ ...place, path, depth: place.depth + 1 });
    for (const [name, child] of Object.entries(keywords.properties ?? {})) {
      const field = into.fields.get(name) ?? this.draft();
      into.fields.set(name, field);
      this.merge(field, child, below(place.path === '' ? name : `${place.path}.${name}`));
    }
    if (keywords.properties !== undefined) into.type ??= 'object';
    const { additionalProperties: others, items } = keywords;
    if (others === true) into.others ??= 'any';
    if (typeof others === 'object' && others !== null) {
      into.type ??= 'object';
      if (into.others === undefined || into.others === 'any') into.others = this.draft();
      this.merge(into.others, others, below(`${place.path}.*`));
    }
    if (items === undefined) return;
    into.type ??= 'array';
    into.items ??= this.draft();
    this.merge(into.items, items, below(`${place.path}[*]`));
  }

  private follow(into: Draft, reference: string, place: Place): void {
    const found = findReferenced(reference, this.document, this.byId);
    if (found === undefined) {
      const where = place.path === '' ? '(root)' : place.path;
      this.unresolved.push(
        `${where}: refers to ${reference}, which is not in the document; allowed is the ${fullForm}`,
      );
      return;
    }
    if (place.trail.includes(reference)) return;
    this.merge(into, found, { ...place, depth: place.depth + 1, trail: [...place.trail, reference] });
  }
}

/** The type, where it is one; `null` beside it changes nothing, as rows have no nulls. */
function typeOf(type: Keywords['type']): string | undefined {
  if (typeof type === 'string') return type;
  const types = (type ?? []).filter((name) => name !== 'null');
  return types.length === 1 ? types[0] : undefined;
}

/** The limits that the node sets; a constant is a choice of one. */
function limitsOf(node: unknown, keywords: Keywords): Limits[] {
  const limits = limitsSchema.parse(node);
  const constant = Object.hasOwn(keywords, 'const') ? [{ enum: [keywords.const] }] : [];
  return [...(Object.values(limits).some((limit) => limit !== undefined) ? [limits] : []), ...constant];
}

function finish(draft: Draft): TargetField {
  const fields = new Map([...draft.fields].map(([name, field]) => [name, finish(field)] as const));
  // An object of which no field is named takes any.
  const others = draft.others ?? (draft.type === 'object' && fields.size === 0 ? 'any' : undefined);
  const parts = {
    limits: draft.limits,
    fields,
    others: others === 'any' ? openField : others && finish(others),
    items: draft.items && finish(draft.items),
    required: [...draft.required],
  };
  return { ...parts, shape: shapeOf(draft, parts) };
}

function shapeOf(draft: Draft, { fields, others, items }: Omit<TargetField, 'shape'>): FieldShape {
  if (draft.type === 'array') return [items?.shape ?? 'any'];
  if (draft.type !== 'object') return scalarType(draft);
  const named: Record<string, FieldShape> = Object.create(null);
  for (const [name, field] of fields) named[name] = field.shape;
  if (others !== undefined) named['*'] = others.shape;
  return named;
}

function scalarType({ type, limits }: Draft): ScalarType {
  switch (type) {
    case 'string': {
      const format = limits.find((limit) => limit.format !== undefined)?.format;
      return format === 'date-time' || format === 'date' ? format : 'string';
    }
    case 'integer':
      return limits.some(({ maximum }) => maximum === largestInt) ? 'int' : type;
    case 'number':
    case 'boolean':
      return type;
    default:
      return 'any';
  }
}
