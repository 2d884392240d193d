import type { FieldShape } from '../field-shape.ts';
import { identityMapText } from '../functions/mixpanel.ts';
import type { FunctionSpec } from '../functions/registry.ts';
import type { Expression } from '../language/expression.ts';
import { parsePath } from '../language/path-text.ts';
import type { Rule } from '../mapping-set.ts';
import { flatField, flatRecord } from '../records.ts';
import type { Runtime } from '../runtime.ts';
import type { Value } from '../values/value.ts';
import { type BuiltPart, buildTarget, readEach } from './built-target.ts';
import { destinationTree, type Target } from './destination-tree.ts';
import { Constants, ExpressionEmitter, pathsRead, stepsOf } from './emit-expression.ts';
import { fieldText, propertyText, quote, stringText } from './json-text.ts';
import { createOtherProperties } from './other-properties.ts';
import { ReadPlan, type Step } from './read-plan.ts';

/** What generated code is given to work with. */
export interface GenerateContext {
  readonly runtime: Runtime;
  readonly functions: ReadonlyMap<string, FunctionSpec>;
  readonly shape: FieldShape;
  /** Fields without which a record is rejected. */
  readonly required: readonly string[];
}

/** Hears what went wrong with a record. */
export interface Findings {
  fail(rule: number, error: unknown): void;
  missing(path: string): void;
}

/** Maps one record to the members of its row's JSON text. */
export type GeneratedMapping = (record: unknown, findings: Findings) => string;

/** Generates the function that maps a record with these rules. */
export function generateMapping(rules: readonly Rule[], context: GenerateContext): GeneratedMapping {
  return new Generator(rules, context).generate();
}

class Generator {
  private readonly rules: readonly Rule[];
  private readonly context: GenerateContext;
  private readonly plan = new ReadPlan();
  private readonly constants = new Constants();
  private readonly emitter: ExpressionEmitter;
  /** Statements that work out each rule's text; those of the extension for all other properties come last. */
  private readonly evaluations: string[] = [];
  private readonly lastEvaluations: string[] = [];
  /** Statements that put the row together. */
  private readonly lines: string[] = [];
  /** The variable that holds a field's JSON text; empty when nothing was written. */
  private readonly texts = new Map<Target, string>();
  private groups = 0;

  constructor(rules: readonly Rule[], context: GenerateContext) {
    this.rules = rules;
    this.context = context;
    this.emitter = new ExpressionEmitter({
      plan: this.plan,
      constants: this.constants,
      functions: context.functions,
    });
  }

  generate(): GeneratedMapping {
    const tree = destinationTree(this.rules, this.context.shape);
    this.lines.push('let g0 = "";');
    for (const target of tree.children.values()) this.target(target, 'g0', 1);
    for (const path of this.context.required) this.require(tree, path);
    const names = { ...this.context.runtime, ...helpers };
    const header = [
      '"use strict";',
      `const { ${Object.keys(names).join(', ')} } = names;`,
      ...this.constants.values.map((_, index) => `const c${index} = constants[${index}];`),
      ...this.constants.temporaries.map((name) => `let ${name};`),
    ];
    const body = [
      'const root = asObject(record);',
      this.plan.usesFlatKeys.length > 0 ? 'const dotted = hasDottedKey(root);' : '',
      ...this.plan.lines,
      ...this.evaluations,
      ...this.lastEvaluations,
      ...this.lines,
      'return g0;',
    ];
    const code = `${header.join('\n')}\nreturn (record, findings) => {\n${body.join('\n')}\n};`;
    return compileCode(code, names, this.constants.values);
  }

  /** Appends a field and all below it to the group of members that it belongs to. */
  private target(target: Target, group: string, depth: number): void {
    const [rule] = target.rules;
    if (target.isBuilt) {
      this.built(target, group, depth);
      return;
    }
    if (rule !== undefined) {
      this.leaf(target, rule, group);
      return;
    }
    this.groups += 1;
    const inner = `g${this.groups}`;
    this.lines.push(`let ${inner} = "";`);
    for (const child of target.children.values()) this.target(child, inner, depth + 1);
    this.texts.set(target, inner);
    this.lines.push(`if (${inner} !== "") ${append(group, target.name, `"{" + ${inner} + "}"`)}`);
  }

  private leaf(target: Target, rule: Rule, group: string): void {
    const variable = `w${rule.index}`;
    this.texts.set(target, variable);
    const others = otherProperties(rule);
    const text = others === undefined ? this.directText(rule) : this.otherText(rule, others);
    const evaluations = others === undefined ? this.evaluations : this.lastEvaluations;
    evaluations.push(`let ${variable} = "";`);
    evaluations.push(
      `try { ${variable} = ${text ?? this.fieldText(target.shape, this.value(rule))}; } catch (error) { findings.fail(${rule.index}, error); }`,
    );
    this.lines.push(`if (${variable} !== "") ${append(group, target.name, variable)}`);
  }

  private fieldText(shape: FieldShape, value: string): string {
    if (shape === 'string') return `stringText(${value})`;
    return `fieldText(${value}, ${this.constants.reference(shape)})`;
  }

  private built(target: Target, group: string, depth: number): void {
    const rules = [...target.rules].sort(
      (a, b) => a.destination.length - b.destination.length || a.index - b.index,
    );
    const parts: BuiltPart[] = rules.map((rule) => ({ path: rule.destination.slice(depth) }));
    const values = rules.map((rule) => {
      this.evaluations.push(`let w${rule.index};`);
      this.evaluations.push(
        `try { w${rule.index} = ${this.value(rule)}; } catch (error) { findings.fail(${rule.index}, error); }`,
      );
      return `w${rule.index}`;
    });
    this.groups += 1;
    const text = `g${this.groups}`;
    this.texts.set(target, text);
    const numbers = this.constants.reference(rules.map((rule) => rule.index));
    const shape = this.constants.reference(target.shape);
    const call = `buildTarget(${shape}, ${this.constants.reference(parts)}, [${values.join(', ')}], (part, error) => findings.fail(${numbers}[part], error))`;
    this.evaluations.push(`const ${text} = fieldText(${call}, "any");`);
    this.lines.push(`if (${text} !== "") ${append(group, target.name, text)}`);
  }

  /** Reports the field when the row has nothing at its path. */
  private require(tree: Target, path: string): void {
    let target: Target | undefined = tree;
    const steps = parsePath(path);
    let depth = 0;
    for (; depth < steps.length && target !== undefined && target.rules.length === 0; depth += 1) {
      const step = steps[depth];
      target = step?.kind === 'key' ? target.children.get(step.name) : undefined;
    }
    const text = target === undefined ? undefined : this.texts.get(target);
    const report = `findings.missing(${JSON.stringify(path)});`;
    const rest = this.constants.reference(steps.slice(depth));
    if (text === undefined) this.lines.push(report);
    else if (depth === steps.length) this.lines.push(`if (${text} === "") ${report}`);
    else this.lines.push(`if (!hasPath(${text}, ${rest})) ${report}`);
  }

  /** The code of a rule's value. */
  private value(rule: Rule): string {
    const { source } = rule;
    if (source.kind === 'static') return JSON.stringify(source.value);
    if (source.kind === 'expression') return this.emitter.emit(source.expression);
    const steps = stepsOf(source.path);
    return steps === undefined
      ? `readEach(root, ${this.constants.reference(source.path)})`
      : this.plan.readPath(steps);
  }

  /** Extensions that write their JSON themselves, where they are all that a rule does. */
  private directText(rule: Rule): string | undefined {
    const { source } = rule;
    if (source.kind !== 'expression' || source.expression.kind !== 'call') return undefined;
    const { name, args } = source.expression;
    const values = args.map((argument) => this.emitter.emit(argument));
    if (name === 'mixpanel_identity_map') return `identityMapText(quote, ${values.join(', ')})`;
    return undefined;
  }

  /**
   * The text of the map of all other properties. A property that rules read is in it as well when none of them wrote
   * anything: a country code that is none would otherwise be lost.
   */
  private otherText(rule: Rule, call: OtherCall): string {
    const readers = new Map<string, Rule[]>();
    for (const reader of this.rules) {
      if (otherProperties(reader) !== undefined) continue;
      for (const [root, name] of readsOf(reader)) {
        if (root !== 'properties' || typeof name !== 'string' || call.kept.includes(name)) continue;
        readers.set(name, [...(readers.get(name) ?? []), reader]);
      }
    }
    const others = this.constants.reference(createOtherProperties([...readers.keys()]));
    const unread = [...readers].map(([name, rules]) => {
      const value = this.plan.read(['properties', name]);
      const unwritten = rules.map(({ index }) => `(w${index} === "" || w${index} == null)`).join(' && ');
      return `(${value} != null && ${unwritten} ? ${others}.member(${JSON.stringify(name)}, ${value}) : "")`;
    });
    this.lastEvaluations.push(`const u${rule.index} = ${unread.join(' + ') || '""'};`);
    return `braced(joined(${others}.members(${this.emitter.emit(call.properties)}), u${rule.index}))`;
  }
}

/** Helpers that the templates call beside the runtime. */
const helpers = {
  fieldText,
  stringText,
  propertyText,
  quote,
  buildTarget,
  readEach,
  flatField,
  flatRecord,
  identityMapText,
  /** Members, and more of them that are begun by a comma each. */
  joined: (members: string, more: string): string => (members === '' ? more.slice(1) : members + more),
  braced: (members: string): string => (members === '' ? '' : `{${members}}`),
  hasPath(text: string, path: Rule['destination']): boolean {
    if (text === '') return false;
    const value: Value = JSON.parse(text);
    return readEach(value, path) !== undefined;
  },
  hasDottedKey(root: { readonly [name: string]: Value }): boolean {
    for (const name in root) if (name.includes('.')) return true;
    return false;
  },
};

function append(group: string, name: string, value: string): string {
  const key = JSON.stringify(`${JSON.stringify(name)}:`);
  const withComma = JSON.stringify(`,${JSON.stringify(name)}:`);
  return `${group} += (${group} === "" ? ${key} : ${withComma}) + ${value};`;
}

/** The paths that a rule reads. The argument of the extension for all other properties is none. */
function readsOf(rule: Rule): readonly (readonly Step[])[] {
  const { source } = rule;
  if (source.kind === 'static') return [];
  if (source.kind === 'expression') return pathsRead(source.expression);
  const steps = stepsOf(source.path.slice(0, firstEach(source.path)));
  return steps === undefined ? [] : [steps];
}

function firstEach(path: Rule['destination']): number {
  const index = path.findIndex((segment) => segment.kind === 'each');
  return index === -1 ? path.length : index;
}

interface OtherCall {
  readonly properties: Expression;
  /** Names that stay in the map though rules read them. */
  readonly kept: readonly string[];
}

/** The call of the extension for all other properties, where that is all that a rule does. */
function otherProperties(rule: Rule): OtherCall | undefined {
  const { source } = rule;
  if (source.kind !== 'expression' || source.expression.kind !== 'call') return undefined;
  const { name, args } = source.expression;
  const [properties, ...names] = args;
  if (name !== 'mixpanel_other_properties' || properties === undefined) return undefined;
  const kept = names.flatMap((item) =>
    item.kind === 'literal' && typeof item.value === 'string' ? [item.value] : [],
  );
  return { properties, kept };
}

/**
 * Turns generated code into a function. The code consists of the templates of this folder alone: every name and text
 * of a mapping set is in it as a JSON literal, and everything else is reached through the constants.
 */
function compileCode(code: string, names: object, constants: readonly unknown[]): GeneratedMapping {
  const make = new Function('names', 'constants', code);
  return make(names, constants);
}
