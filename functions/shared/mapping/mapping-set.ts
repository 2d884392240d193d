import { createHash } from 'node:crypto';
import { ConfigError } from '../errors.ts';
import { checkNames } from './check-names.ts';
import type { Expression } from './language/expression.ts';
import { parseExpression } from './language/parse-expression.ts';
import { parsePath, pathText, type Segment } from './language/path-text.ts';
import { SyntaxProblem, showProblem } from './language/syntax-problem.ts';
import { type RuleProblem, type RuleText, readRules } from './read-rules.ts';

/** Where a rule's value comes from. */
export type RuleSource =
  | { readonly kind: 'attribute'; readonly path: readonly Segment[] }
  | { readonly kind: 'expression'; readonly expression: Expression }
  | { readonly kind: 'static'; readonly value: string };

/** One rule of a mapping set, parsed. */
export interface Rule {
  /** Position in the set, counted from 0. */
  readonly index: number;
  readonly source: RuleSource;
  readonly destination: readonly Segment[];
  /** The destination in its normal spelling. */
  readonly destinationText: string;
}

/** A mapping set, parsed and checked: ready to be compiled. */
export interface MappingSet {
  readonly rules: readonly Rule[];
  /** The rules as they were written, variables in place: what the mapping's hash is made of. */
  readonly texts: readonly RuleText[];
  readonly variables: Readonly<Record<string, string>>;
  /** The target's JSON Schema, where the set brings it along. */
  readonly schema: unknown;
}

export interface ParseMappingOptions {
  /** Values of `${NAME}` in sources and destinations. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** Platform refuses calculated fields above this length. */
const maxExpressionLength = 4096;
/** Far beyond any mapping set seen; it bounds the size of the compiled function. */
const maxRules = 5_000;

/**
 * Reads a mapping set in any of its spellings: as Platform's API takes or answers it, a bare list of rules, or CSV.
 *
 * @throws {ConfigError} with every problem of every rule: its number, destination, place and what was expected.
 */
export function parseMappingSet(text: string, options: ParseMappingOptions = {}): MappingSet {
  const variables = options.variables ?? {};
  const { rules: texts, problems, schema } = readRules(text);
  if (texts.length > maxRules)
    problems.push({ index: -1, text: `${texts.length} rules; allowed are ${maxRules}` });
  const rules: Rule[] = [];
  for (const ruleText of texts) {
    const rule = readRule(ruleText, variables, problems);
    if (rule !== undefined) rules.push(rule);
  }
  if (problems.length > 0) {
    // Found in two goes, told in the order of the rules.
    const inOrder = problems.sort((a, b) => a.index - b.index).map(({ text }) => text);
    throw new ConfigError('the mapping set is not usable', inOrder);
  }
  return { rules, texts, variables, schema };
}

/** SHA-256 over rules and variables, lower-case hex: equal for sets that map every record alike. */
export function mappingHash(set: MappingSet): string {
  const variables = Object.entries(set.variables).sort(([a], [b]) => (a < b ? -1 : 1));
  const rules = set.texts.map(({ sourceType, source, destination }) => [sourceType, source, destination]);
  return createHash('sha256')
    .update(JSON.stringify([1, rules, variables]))
    .digest('hex');
}

function readRule(
  text: RuleText,
  variables: Readonly<Record<string, string>>,
  problems: RuleProblem[],
): Rule | undefined {
  const source = substitute(text.source, variables);
  const target = substitute(text.destination, variables);
  const { index } = text;
  const where = `rule ${index + 1} (${text.destination})`;
  const attempt = <Read>(what: string, from: string, read: () => Read): Read | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof SyntaxProblem)) throw error;
      problems.push({ index, text: `${where}: ${what}, ${showProblem(error, from)}` });
      return undefined;
    }
  };
  const destination = attempt('destination', target, () => readDestination(target));
  const read = attempt('source', source, () => readSource(text.sourceType, source));
  if (destination === undefined || read === undefined) return undefined;
  return { index, source: read, destination, destinationText: pathText(destination) };
}

function readSource(type: RuleText['sourceType'], source: string): RuleSource {
  if (type === 'STATIC') return { kind: 'static', value: source };
  if (type === 'ATTRIBUTE') return { kind: 'attribute', path: parsePath(source.trim()) };
  if (source.length > maxExpressionLength) {
    const found = `${source.length} characters; allowed are ${maxExpressionLength}`;
    throw new SyntaxProblem(`the expression has ${found}`, maxExpressionLength);
  }
  const expression = parseExpression(source);
  checkNames(expression);
  return { kind: 'expression', expression };
}

function readDestination(text: string): Segment[] {
  const path = parsePath(text.trim());
  if (path[0]?.kind !== 'key') throw new SyntaxProblem('expected the name of a field', 0);
  return path;
}

/** Puts values in place of `${NAME}` before anything is parsed; a `${…}` of another name stays a field. */
function substitute(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (whole, name: string) =>
    Object.hasOwn(variables, name) ? (variables[name] ?? whole) : whole,
  );
}
