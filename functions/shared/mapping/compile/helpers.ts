import type { Coerce, EmptyValues } from '../coerce.ts';
import { identityMapText } from '../functions/mixpanel.ts';
import type { Segment } from '../language/path-text.ts';
import { flatField, flatRecord, hasDottedKey } from '../records.ts';
import { createFutureTest } from '../target/row-limits.ts';
import type { Value } from '../values/value.ts';
import { createTargetBuilder, Each, readEach } from './built-target.ts';
import { createWriters, quote } from './json-text.ts';

/** What the templates call beside the runtime. */
export function createHelpers(coerce: Coerce, emptyValues: EmptyValues, clock: () => number) {
  return {
    ...createWriters(coerce, emptyValues),
    isFuture: createFutureTest(clock),
    build: createTargetBuilder(coerce).build,
    quote,
    readEach,
    flatField,
    flatRecord,
    hasDottedKey,
    identityMapText,
    withFlat: (root: { readonly [name: string]: Value }): Value => ({ data: flatRecord(root) }),
    plain: (value: Value | Each): Value => (value instanceof Each ? value.values : value),
    /** An object of members, and of more that are begun by a comma each. */
    braced(members: string, more: string): string {
      if (members === '') return more === '' ? '' : `{${more.slice(1)}}`;
      return `{${members}${more}}`;
    },
    hasPath(text: string, path: readonly Segment[]): boolean {
      if (text === '') return false;
      const value: Value = JSON.parse(text);
      return readEach(value, path) !== undefined;
    },
  };
}
