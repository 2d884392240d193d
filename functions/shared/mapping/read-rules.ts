import { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { describeIssues } from '../parse.ts';

/** A rule as it is written. */
export interface RuleText {
  readonly sourceType: 'ATTRIBUTE' | 'EXPRESSION' | 'STATIC';
  readonly source: string;
  readonly destination: string;
}

/** The rules of a mapping set and what is wrong with those that can't be read. */
export interface ReadRules {
  readonly rules: RuleText[];
  readonly problems: string[];
}

/** Old and new names of the same thing; keys are compared in lower case. */
const sourceTypes: Readonly<Record<string, RuleText['sourceType']>> = {
  attribute: 'ATTRIBUTE',
  'text/x.schema-path': 'ATTRIBUTE',
  'schema-path': 'ATTRIBUTE',
  expression: 'EXPRESSION',
  'text/x.aep-xl': 'EXPRESSION',
  'aep-xl': 'EXPRESSION',
  static: 'STATIC',
};

const ruleSchema = z.looseObject({
  sourceType: z.string('allowed is a source type').nullish(),
  source: z.string('allowed is a text').nullish(),
  sourceAttribute: z.string('allowed is a text').nullish(),
  destination: z.string('allowed is a text').nullish(),
  destinationXdmPath: z.string('allowed is a text').nullish(),
});
const rulesSchema = z.array(ruleSchema, 'allowed is a list of rules').min(1, 'allowed are one or more rules');

/**
 * Finds the rules in a mapping set's text.
 *
 * @throws {ConfigError} when the text holds no mapping set.
 */
export function readRules(text: string): ReadRules {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  return read(parseJson(trimmed));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ConfigError('the mapping set is not usable', ['it is not JSON']);
  }
}

function read(value: unknown): ReadRules {
  const found = findRules(value);
  const parsed = rulesSchema.safeParse(found);
  if (!parsed.success)
    return { rules: [], problems: describeIssues(parsed.error, found).map((text) => `mappings: ${text}`) };
  const rules: RuleText[] = [];
  const problems: string[] = [];
  for (const [index, rule] of parsed.data.entries()) {
    const source = rule.source ?? rule.sourceAttribute;
    const destination = rule.destination ?? rule.destinationXdmPath;
    const sourceType = sourceTypes[(rule.sourceType ?? 'ATTRIBUTE').toLowerCase()];
    const where = `rule ${index + 1} (${destination ?? 'no destination'})`;
    if (source == null) problems.push(`${where}: found no "source"; each rule needs one`);
    if (destination == null) problems.push(`${where}: found no "destination"; each rule needs one`);
    if (sourceType === undefined) {
      problems.push(
        `${where}: found the source type "${rule.sourceType}"; allowed are ATTRIBUTE, EXPRESSION, STATIC`,
      );
    }
    if (source != null && destination != null && sourceType !== undefined) {
      rules.push({ sourceType, source, destination });
    }
  }
  return { rules, problems };
}

/** The list of rules inside what the API, its list answer, its preview request or an export wraps around it. */
function findRules(value: unknown): unknown {
  let current = value;
  // Three wrappers at most: a list answer, one set in it, its mappings.
  for (let depth = 0; depth < 4; depth += 1) {
    if (Array.isArray(current)) {
      const [only] = current;
      if (current.length !== 1 || !isRecord(only) || !('mappings' in only)) return current;
      current = only;
    }
    if (!isRecord(current)) return current;
    if ('mappings' in current) return current.mappings;
    current = current.mappingSet ?? current.data;
  }
  return current;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
