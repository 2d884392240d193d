import * as z from 'zod';
import { ConfigError } from '../errors.ts';
import { describeIssues } from '../parse.ts';
import { readCsv } from './read-csv.ts';

/** A rule as it is written. */
export interface RuleText {
  /** Position in the set, counted from 0. */
  readonly index: number;
  readonly sourceType: 'ATTRIBUTE' | 'EXPRESSION' | 'STATIC';
  readonly source: string;
  readonly destination: string;
}

/** What is wrong with a rule. */
export interface RuleProblem {
  /** Position of the rule in the set, counted from 0; -1 where it is about the set. */
  readonly index: number;
  readonly text: string;
}

/** The rules of a mapping set and what is wrong with those that can't be read. */
export interface ReadRules {
  readonly rules: RuleText[];
  readonly problems: RuleProblem[];
  /** The target's JSON Schema, where the set brings it along. */
  readonly schema: unknown;
}

/** Old and new names of the same thing; keys are compared in lower case. */
const sourceTypes = new Map<string, RuleText['sourceType']>(
  Object.entries({
    attribute: 'ATTRIBUTE',
    'text/x.schema-path': 'ATTRIBUTE',
    'schema-path': 'ATTRIBUTE',
    expression: 'EXPRESSION',
    'text/x.aep-xl': 'EXPRESSION',
    'aep-xl': 'EXPRESSION',
    static: 'STATIC',
  } as const),
);

const ruleSchema = z.looseObject(
  {
    sourceType: z.string('allowed is a source type').nullish(),
    source: z.string('allowed is a text').nullish(),
    sourceAttribute: z.string('allowed is a text').nullish(),
    destination: z.string('allowed is a text').nullish(),
    destinationXdmPath: z.string('allowed is a text').nullish(),
  },
  'allowed is a rule, an object',
);
const rulesSchema = z.array(ruleSchema, 'allowed is a list of rules').min(1, 'allowed are one or more rules');

/**
 * Finds the rules in a mapping set's text.
 *
 * @throws {ConfigError} when the text holds no mapping set.
 */
export function readRules(text: string): ReadRules {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  if (!/^[[{]/.test(trimmed)) {
    // Every line of CSV has two columns or more; anything else is some other file.
    if (trimmed !== '' && !/^[^\n]*[,;\t]/.test(trimmed))
      throw new ConfigError('the mapping set is not usable', ['it is neither JSON nor CSV']);
    return { ...read(readCsv(trimmed)), schema: undefined };
  }
  let value: unknown;
  try {
    value = JSON.parse(trimmed);
  } catch (error) {
    const why = error instanceof Error ? `: ${error.message}` : '';
    throw new ConfigError('the mapping set is not usable', [`it is not JSON${why}`]);
  }
  const set = findSet(value);
  const problem = noSet(set);
  if (problem !== undefined) throw new ConfigError('the mapping set is not usable', [problem]);
  return { ...read(isRecord(set) ? set.mappings : set), schema: schemaOf(set) };
}

/** Platform sends the target's schema along when it is asked to expand it. */
function schemaOf(set: unknown): unknown {
  const output = isRecord(set) ? set.outputSchema : undefined;
  const schema = isRecord(output) ? output.jsonSchema : undefined;
  if (typeof schema !== 'string') return schema;
  try {
    const parsed: unknown = JSON.parse(schema);
    return parsed;
  } catch {
    return undefined;
  }
}

function read(found: unknown): Omit<ReadRules, 'schema'> {
  const parsed = rulesSchema.safeParse(found);
  if (!parsed.success)
    return {
      rules: [],
      problems: describeIssues(parsed.error, found).map((text) => ({ index: -1, text: `mappings: ${text}` })),
    };
  const rules: RuleText[] = [];
  const problems: RuleProblem[] = [];
  for (const [index, rule] of parsed.data.entries()) {
    const source = rule.source ?? rule.sourceAttribute;
    const destination = rule.destination ?? rule.destinationXdmPath;
    const sourceType = sourceTypes.get((rule.sourceType ?? 'ATTRIBUTE').toLowerCase());
    const where = `rule ${index + 1} (${destination ?? 'no destination'})`;
    const report = (found: string) => problems.push({ index, text: `${where}: found ${found}` });
    if (source == null) report('no "source"; each rule needs one');
    if (destination == null) report('no "destination"; each rule needs one');
    if (sourceType === undefined)
      report(`the source type "${rule.sourceType}"; allowed are ATTRIBUTE, EXPRESSION, STATIC`);
    if (source != null && destination != null && sourceType !== undefined) {
      rules.push({ index, sourceType, source, destination });
    }
  }
  return { rules, problems };
}

/** The set, or the bare list of rules, inside what the API's list answer or preview request wraps around it. */
function findSet(value: unknown): unknown {
  let current = value;
  // A list answer or a preview request, and in it a list of one set: three steps at most.
  for (let depth = 0; depth < 4; depth += 1) {
    if (Array.isArray(current)) {
      const [only] = current;
      if (current.length !== 1 || !isRecord(only) || !('mappings' in only)) return current;
      current = only;
    }
    if (!isRecord(current) || 'mappings' in current) return current;
    const inner = current.mappingSet ?? current.data;
    if (inner === undefined) return current;
    current = inner;
  }
  return current;
}

/** What else was found where a set or its rules should be. */
function noSet(found: unknown): string | undefined {
  if (Array.isArray(found)) {
    const sets = found.filter((one) => isRecord(one) && 'mappings' in one).length;
    return sets === 0 ? undefined : `${sets} mapping sets; put the one to use into a file of its own`;
  }
  if (!isRecord(found)) return 'no mapping set; allowed is one, or a list of its rules';
  if ('mappings' in found) return undefined;
  return 'transformations' in found
    ? 'a flow, which only names its mapping set; allowed is the set itself, as GET /mappingSets/{id} answers it'
    : 'no "mappings"; a mapping set has its rules there';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
