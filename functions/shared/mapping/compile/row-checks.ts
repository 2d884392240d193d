import type { Rule } from '../mapping-set.ts';
import { createFieldCheck, type FieldCheck } from '../target/field-check.ts';
import { knownValues } from '../target/known-values.ts';
import { fieldNamed, type TargetField } from '../target/target-field.ts';
import type { Target } from './destination-tree.ts';

/**
 * Which fields of a row have to be looked at, where the target's schema is known: only those that rules write, and of
 * these only where the schema limits more than the type, and the rule's values are not known beforehand.
 */
export class RowChecks {
  private readonly requires: boolean;

  constructor(requires: boolean) {
    this.requires = requires;
  }

  /** Of what rules put together. */
  ofField({ field }: Target): FieldCheck | undefined {
    return field && createFieldCheck(field, this.requires);
  }

  /** Of what one rule writes. Constants were checked when the mapping was loaded. */
  ofRule(target: Target, rule: Rule): FieldCheck | undefined {
    return knownValues(rule.source) === undefined ? this.ofField(target) : undefined;
  }

  /** Fields that an object of several rules has to have where it is written at all. */
  requiredIn({ field }: Target): readonly string[] {
    return this.requires ? (field?.required ?? []) : [];
  }

  /** Whether the field takes every map of texts, so that one can be written without a look at it. */
  takesTexts({ field, shape }: Target): boolean {
    if (field === undefined || shape === 'any') return true;
    return (
      field.fields.size === 0 &&
      field.others?.shape === 'string' &&
      createFieldCheck(field, this.requires) === undefined
    );
  }

  /** Whether the field takes every identity map that the extension for it makes. */
  takesIdentities({ field, shape }: Target): boolean {
    if (field === undefined || shape === 'any') return true;
    if (field.fields.size > 0 || field.required.length > 0) return false;
    const list = field.others;
    const item = list?.items;
    if (list === undefined || item === undefined || list.limits.length > 0) return false;
    const states = ['authenticated', 'ambiguous'];
    return (
      item.required.every((name) => ['id', 'authenticatedState', 'primary'].includes(name)) &&
      this.takes(fieldNamed(item, 'id'), 'string', undefined) &&
      this.takes(fieldNamed(item, 'authenticatedState'), 'string', states) &&
      this.takes(fieldNamed(item, 'primary'), 'boolean', [true, false])
    );
  }

  /** @param values all that are ever written; undefined when any may be. */
  private takes(
    field: TargetField | undefined,
    shape: 'string' | 'boolean',
    values: readonly (string | boolean)[] | undefined,
  ): boolean {
    if (field?.shape !== shape) return false;
    const check = createFieldCheck(field, this.requires);
    return check === undefined || (values?.every((value) => check(value) === undefined) ?? false);
  }
}
