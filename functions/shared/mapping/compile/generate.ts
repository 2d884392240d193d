import { createCoerce } from '../coerce.ts';
import type { FieldShape } from '../field-shape.ts';
import { parsePath, pathText } from '../language/path-text.ts';
import type { Rule } from '../mapping-set.ts';
import type { FieldCheck } from '../target/field-check.ts';
import type { BuiltPart } from './built-target.ts';
import { Constants } from './constants.ts';
import { destinationTree, type Target } from './destination-tree.ts';
import { ExpressionEmitter } from './emit-expression.ts';
import type { GenerateContext, GeneratedMapping } from './generate-context.ts';
import { GeneratedCode } from './generated-code.ts';
import { createHelpers } from './helpers.ts';
import { createOtherProperties, type OtherProperties } from './other-properties.ts';
import { ReadPlan } from './read-plan.ts';
import { RowChecks } from './row-checks.ts';
import {
  asOtherProperties,
  fieldsTakenElsewhere,
  type OtherPropertiesRule,
  onlyOtherProperties,
  propertyReaders,
} from './rule-reads.ts';
import { stepsOf } from './static-path.ts';

export interface Generated {
  readonly map: GeneratedMapping;
  /** What divides the properties, where the rules read nothing else of them: then a line reader can do so. */
  readonly others: OtherProperties | undefined;
}

/**
 * Generates the function that maps a record with these rules. It consists of the templates of this folder alone: every
 * name and text of a mapping set is in it as a JSON literal, and everything else is reached through the constants.
 */
export function generateMapping(rules: readonly Rule[], context: GenerateContext): Generated {
  return new Generator(rules, context).generate();
}

/** The row's members; groups of members below it are g1, g2 and so on. */
const rowGroup = 'g0';

class Generator {
  private readonly rules: readonly Rule[];
  private readonly context: GenerateContext;
  private readonly reads = new GeneratedCode();
  /** Works out each rule's text: `w` with the rule's number. The map of all other properties needs them all. */
  private readonly texts = new GeneratedCode();
  private readonly lastTexts = new GeneratedCode();
  /** Puts the row together. */
  private readonly assembly = new GeneratedCode();
  private readonly plan = new ReadPlan(this.reads);
  private readonly constants = new Constants();
  private readonly emitter: ExpressionEmitter;
  private readonly checks: RowChecks;
  /** The variable that holds a field's JSON text; empty when nothing was written. */
  private readonly variables = new Map<Target, string>();
  private groups = 0;
  /** The rule whose map of all other properties is made in one pass with the reads of properties. */
  private readonly divided: Rule | undefined;
  private others: OtherProperties | undefined;

  constructor(rules: readonly Rule[], context: GenerateContext) {
    this.rules = rules;
    this.context = context;
    const { functions, strict } = context;
    this.checks = new RowChecks(context.required !== undefined);
    this.divided = onlyOtherProperties(rules);
    if (this.divided !== undefined) this.plan.places = 'places';
    this.emitter = new ExpressionEmitter({ plan: this.plan, constants: this.constants, functions, strict });
  }

  generate(): Generated {
    const { emptyValues, shape, schema, runtime, clock } = this.context;
    const tree = destinationTree(this.rules, shape, schema);
    this.assembly.assign(rowGroup, '""');
    for (const target of tree.children.values()) this.target(target, rowGroup, 1);
    this.requireEvent(tree);
    const names = { ...runtime, ...createHelpers(createCoerce(emptyValues), emptyValues, clock) };
    const code = new GeneratedCode();
    code.assign('root', 'asObject(record)');
    if (this.plan.mayReadDottedKeys) code.assign('dotted', 'hasDottedKey(root)');
    if (this.others !== undefined) {
      this.others.placed = this.plan.placed;
      code.assign('places', `${this.constants.reference(this.others)}.divide(root.properties)`);
    }
    for (const part of [this.reads, this.texts, this.lastTexts, this.assembly]) code.append(part);
    const header = [
      '"use strict";',
      `const { ${Object.keys(names).join(', ')} } = names;`,
      ...this.constants.values.map((_, index) => `const c${index} = constants[${index}];`),
      ...this.constants.temporaries.map((name) => `let ${name};`),
    ];
    const make = new Function(
      'names',
      'constants',
      `${header.join('\n')}\n${code.factory('record, findings', rowGroup)}`,
    );
    const map: GeneratedMapping = make(names, this.constants.values);
    return { map, others: this.plan.readsWhole ? undefined : this.others };
  }

  /** Appends a field and all below it to the group of members that it belongs to. */
  private target(target: Target, group: string, depth: number): void {
    const [rule] = target.rules;
    let text: string;
    if (target.isBuilt) text = this.built(target, depth);
    else text = rule === undefined ? this.group(target, depth) : this.leaf(target, rule);
    this.variables.set(target, text);
    const value = rule === undefined ? `"{" + ${text} + "}"` : text;
    const key = JSON.stringify(`${JSON.stringify(target.name)}:`);
    const nextKey = JSON.stringify(`,${JSON.stringify(target.name)}:`);
    this.assembly.add(`if (${text} !== "") ${group} += (${group} === "" ? ${key} : ${nextKey}) + ${value};`);
  }

  private group(target: Target, depth: number): string {
    this.groups += 1;
    const group = this.assembly.assign(`g${this.groups}`, '""');
    for (const child of target.children.values()) this.target(child, group, depth + 1);
    for (const name of this.checks.requiredIn(target)) {
      const child = target.children.get(name);
      const text = (child && this.variables.get(child)) ?? '""';
      const path = JSON.stringify(child?.path ?? `${target.path}.${pathText([{ kind: 'key', name }])}`);
      this.assembly.add(`if (${group} !== "" && ${text} === "") findings.missing(${path});`);
    }
    return group;
  }

  private leaf(target: Target, rule: Rule): string {
    const others = asOtherProperties(rule);
    const code = others === undefined ? this.texts : this.lastTexts;
    const variable = code.assign(`w${rule.index}`, '""');
    const asText = others !== undefined && this.checks.takesTexts(target);
    const text = asText ? this.othersText(rule, others) : this.ruleText(rule, target);
    code.add(`try { ${variable} = ${text}; } catch (error) { findings.fail(${rule.index}, error); }`);
    return variable;
  }

  private ruleText(rule: Rule, target: Target): string {
    const { source } = rule;
    const { shape } = target;
    // An extension that writes its JSON itself, where it is all that the rule does.
    if (
      source.kind === 'expression' &&
      source.expression.kind === 'call' &&
      source.expression.name === 'mixpanel_identity_map' &&
      this.checks.takesIdentities(target)
    ) {
      const values = source.expression.args.map((argument) => this.emitter.emit(argument));
      return `identityMapText(quote, ${values.join(', ')})`;
    }
    const read = this.value(rule);
    // The values of a path with `[*]` are a list where no list's elements are written to.
    const value = read.startsWith('readEach(') ? `plain(${read})` : read;
    const check = this.checks.ofRule(target, rule);
    if (check !== undefined) return this.checkedText(value, shape, check, target.path);
    return shape === 'string'
      ? `stringText(${value})`
      : `fieldText(${value}, ${this.constants.reference(shape)})`;
  }

  private checkedText(value: string, shape: FieldShape, check: FieldCheck, path: string): string {
    const known = [shape, check].map((constant) => this.constants.reference(constant));
    return `checkedText(${value}, ${known.join(', ')}, ${JSON.stringify(path)}, findings)`;
  }

  /** A field that several rules put together, or that has lists: made as a value, then written. */
  private built(target: Target, depth: number): string {
    const rules = [...target.rules].sort(
      (a, b) => a.destination.length - b.destination.length || a.index - b.index,
    );
    const parts: BuiltPart[] = rules.map((rule) => ({
      path: rule.destination.slice(depth),
      without: fieldsTakenElsewhere(rule, rules),
    }));
    const last = rules.some((rule) => asOtherProperties(rule) !== undefined);
    const code = last ? this.lastTexts : this.texts;
    const values = rules.map((rule) => {
      const variable = code.assign(`w${rule.index}`, 'null');
      code.add(
        `try { ${variable} = ${this.value(rule)}; } catch (error) { findings.fail(${rule.index}, error); }`,
      );
      return variable;
    });
    const numbers = this.constants.reference(rules.map((rule) => rule.index));
    const shape = this.constants.reference(target.shape);
    const report = `(part, error) => findings.fail(${numbers}[part], error)`;
    const build = `build(${shape}, ${this.constants.reference(parts)}, [${values.join(', ')}], ${report})`;
    const check = this.checks.ofField(target);
    this.groups += 1;
    const text =
      check === undefined ? `fieldText(${build}, "any")` : this.checkedText(build, 'any', check, target.path);
    const variable = code.assign(`g${this.groups}`, '""');
    const failed = rules.map((rule) => `findings.fail(${rule.index}, error);`).join(' ');
    code.add(`try { ${variable} = ${text}; } catch (error) { ${failed} }`);
    return variable;
  }

  /** The code of a rule's value. */
  private value(rule: Rule): string {
    const { source } = rule;
    if (source.kind === 'static') return JSON.stringify(source.value);
    if (source.kind === 'expression') {
      const others = asOtherProperties(rule);
      if (others !== undefined) return `JSON.parse(${this.othersText(rule, others)} || "null")`;
      return this.emitter.emit(source.expression);
    }
    const steps = stepsOf(source.path);
    if (steps !== undefined) return this.plan.readPath(steps);
    this.plan.readsWhole = true;
    const start =
      source.path[0]?.kind === 'key' && source.path[0].name === 'data' ? 'withFlat(root)' : 'root';
    return `readEach(${start}, ${this.constants.reference(source.path)})`;
  }

  /**
   * The text of the map of all other properties. A property that rules read is in it as well when none of them wrote
   * anything: a country code that is none would otherwise be lost.
   */
  private othersText(rule: Rule, call: OtherPropertiesRule): string {
    const readers = [...propertyReaders(this.rules)].filter(([name]) => !call.kept.includes(name));
    const divider = createOtherProperties(readers.map(([name]) => name));
    const others = this.constants.reference(divider);
    if (rule === this.divided) this.others = divider;
    const members =
      rule === this.divided
        ? `${others}.members()`
        : `${others}.membersOf(metered(${this.emitter.emit(call.properties)}))`;
    const variable = this.lastTexts.assign(`u${rule.index}`, '""');
    for (const [name, rules] of readers) {
      const value = this.plan.read(['properties', name]);
      const nothing = rules.map(({ index }) => `(w${index} === "" || w${index} == null)`).join(' && ');
      const read = rule === this.divided ? value : `metered(${value})`;
      const member = `${others}.member(${JSON.stringify(name)}, ${read})`;
      const write = `try { ${variable} += ${member}; } catch (error) { findings.fail(${rule.index}, error); }`;
      this.lastTexts.add(`if (${value} != null && ${nothing}) ${write}`);
    }
    // The only such rule writes each property once, which needs no bound of its own.
    const text = `braced(${members}, ${variable})`;
    return rule === this.divided ? text : `written(${text})`;
  }

  /** Reports what every event must have, and a time to come. */
  private requireEvent(tree: Target): void {
    const { required, schema } = this.context;
    if (required === undefined) return;
    const bySchema = (schema?.required ?? []).map((name) => pathText([{ kind: 'key', name }]));
    for (const path of new Set([...required, ...bySchema])) this.require(tree, path);
    const timestamp = tree.children.get('timestamp');
    const text = timestamp && this.variables.get(timestamp);
    if (text !== undefined) this.assembly.add(`if (isFuture(${text})) findings.future("timestamp");`);
  }

  /** Reports the field when the row has nothing at its path. */
  private require(tree: Target, path: string): void {
    const steps = parsePath(path);
    let target: Target | undefined = tree;
    let depth = 0;
    for (; depth < steps.length && target !== undefined && target.rules.length === 0; depth += 1) {
      const step = steps[depth];
      target = step?.kind === 'key' ? target.children.get(step.name) : undefined;
    }
    const text = target === undefined ? undefined : this.variables.get(target);
    const report = `findings.missing(${JSON.stringify(path)});`;
    const rest = this.constants.reference(steps.slice(depth));
    if (text === undefined) this.assembly.add(report);
    else if (depth === steps.length) this.assembly.add(`if (${text} === "") ${report}`);
    else this.assembly.add(`if (!hasPath(${text}, ${rest})) ${report}`);
  }
}
