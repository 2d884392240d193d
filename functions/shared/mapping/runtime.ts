import { isTrue } from './comparison.ts';
import { parsePath } from './language/path-text.ts';
import { SyntaxProblem } from './language/syntax-problem.ts';
import { createOperators } from './operators.ts';
import { asObject, at, own } from './records.ts';
import { MappingError } from './values/mapping-error.ts';
import { metered, sizeOf, spendProduct, spendRepeated, unitsPerStep } from './values/meter.ts';
import { numericOf } from './values/numbers.ts';
import { textOf } from './values/text.ts';
import { isList, isObjectValue, newObject, type ObjectValue, type Value } from './values/value.ts';

/** What generated code calls beside the language's functions. Its names are the names that the templates use. */
export type Runtime = ReturnType<typeof createRuntime>;

export function createRuntime(strict: boolean) {
  const operators = createOperators(strict);
  return {
    ...operators,
    asObject,
    at,
    own,
    member(value: Value, name: string): Value {
      return isObjectValue(value) ? own(value, name) : undefined;
    },
    /** `x[key]`: of a list the place, of an object the key. A text has no places here. */
    place(value: Value, key: Value): Value {
      if (isList(value)) return key == null ? undefined : at(value, Math.trunc(Number(numericOf(key).value)));
      return isObjectValue(value) ? own(value, textOf(key) ?? '') : undefined;
    },
    /** A set is a list in which no value comes twice. */
    setOf(values: readonly Value[]): Value {
      spendProduct(values.length, values.length + sizeOf(values));
      return values.filter(
        (value, index) => values.findIndex((other) => operators.equals(other, value)) === index,
      );
    },
    mapOf(values: readonly Value[]): Value {
      const made = newObject();
      for (let index = 0; index + 1 < values.length; index += 2)
        made[textOf(values[index]) ?? 'null'] = values[index + 1];
      return made;
    },
    /** `a ?: b`. */
    either(value: Value, otherwise: () => Value): Value {
      return isTrue(value) ? value : otherwise();
    },
    /** A value read in the strict mode: its first name has to be there. */
    defined(root: ObjectValue, name: string, value: Value): Value {
      if (Object.hasOwn(root, name) || (name === 'data' && value !== undefined)) return value;
      throw new MappingError('the record has no such field');
    },
    isTrue,
    /** Whether the record has a path that an expression works out. */
    containsPath(root: Value, path: Value): boolean {
      let value = root;
      for (const segment of readPath(path)) {
        if (segment.kind === 'each') return false;
        value = segment.kind === 'index' ? at(value, segment.index) : own(asObject(value), segment.name);
        if (value === undefined) return false;
      }
      return true;
    },
    metered,
    /**
     * Counts a call of a lambda, and what it gives: lists of its values fit into the memory.
     *
     * @param parts of the lambda's expression: they are worked out again with each call.
     */
    step(value: Value, parts: number): Value {
      spendRepeated(unitsPerStep + parts + sizeOf(value));
      return value;
    },
  };
}

function readPath(path: Value) {
  try {
    return parsePath(textOf(path) ?? '');
  } catch (error) {
    throw error instanceof SyntaxProblem ? new MappingError('the text is no path') : error;
  }
}
