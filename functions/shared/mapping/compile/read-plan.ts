import { inheritedNames } from '../records.ts';
import type { GeneratedCode } from './generated-code.ts';

/** A step of a read: a key or a place in a list. */
export type Step = string | number;

interface Place {
  /** Variable of the value read here. */
  readonly value: string;
  /** Variable of the same as an object to read on from, once somebody does. */
  object?: string;
  readonly children: Map<Step, Place>;
}

/**
 * Plans which fields of a record are read, each once however many rules use it. What no rule asks for is not touched.
 * Everything goes into the generated code as JSON text, so no name can become code.
 */
export class ReadPlan {
  /** Whether some path may also be one key of the record: the code then has to know if a key has a dot. */
  mayReadDottedKeys = false;
  /** Code of the list in which each property that is read has its place; undefined where nothing divides them. */
  places: string | undefined;
  /** Whether something reads the properties as a whole, or names of them that only the record tells. */
  readsWhole = false;
  /** The names with a place, in their order. */
  readonly placed: string[] = [];
  private readonly code: GeneratedCode;
  private readonly root: Place = { value: 'record', object: 'root', children: new Map() };
  private readonly flatFields = new Map<string, string>();
  private readonly direct = new Map<string, string>();
  private readonly nested = new Map<string, Map<Step, Place>>();
  private count = 0;

  constructor(code: GeneratedCode) {
    this.code = code;
  }

  /** The variable that holds the value at a path. */
  read(steps: readonly Step[]): string {
    const [first, second] = steps;
    if (first === 'data' || (first === 'properties' && second === undefined)) this.readsWhole = true;
    if (first === 'data') {
      if (second === undefined) return this.flat('flatRecord(root)', 'data');
      const value = this.flat(`flatField(root, ${JSON.stringify(String(second))})`, `data.${String(second)}`);
      return this.descend({ value, children: this.placesOf(value) }, steps.slice(2)).value;
    }
    return this.descend(this.root, steps).value;
  }

  /** As `read`, but a record that has the whole path as one key is taken at its word: `Full.Name`. */
  readPath(steps: readonly Step[]): string {
    const value = this.read(steps);
    if (steps.length < 2 || !steps.every((step) => typeof step === 'string')) return value;
    const key = JSON.stringify(steps.join('.'));
    const known = this.direct.get(key);
    if (known !== undefined) return known;
    this.mayReadDottedKeys = true;
    const variable = this.variable(`dotted && Object.hasOwn(root, ${key}) ? root[${key}] : ${value}`);
    this.direct.set(key, variable);
    return variable;
  }

  private placesOf(variable: string): Map<Step, Place> {
    const known = this.nested.get(variable) ?? new Map<Step, Place>();
    this.nested.set(variable, known);
    return known;
  }

  private flat(code: string, key: string): string {
    const known = this.flatFields.get(key) ?? this.variable(code);
    this.flatFields.set(key, known);
    return known;
  }

  private descend(start: Place, steps: readonly Step[]): Place {
    let place = start;
    for (const step of steps) {
      let next = place.children.get(step);
      if (next === undefined) {
        next = { value: this.variable(this.access(place, step)), children: new Map() };
        place.children.set(step, next);
      }
      place = next;
    }
    return place;
  }

  private access(place: Place, step: Step): string {
    if (typeof step === 'number') return `at(${place.value}, ${step})`;
    if (this.places !== undefined && place === this.root.children.get('properties'))
      return `${this.places}[${this.placed.push(step) - 1}]`;
    place.object ??= this.variable(`asObject(${place.value})`);
    const name = JSON.stringify(step);
    return inheritedNames.has(step) ? `own(${place.object}, ${name})` : `${place.object}[${name}]`;
  }

  private variable(value: string): string {
    this.count += 1;
    return this.code.assign(`r${this.count}`, value);
  }
}
