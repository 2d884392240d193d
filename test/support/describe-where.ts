import { describe, it } from 'vitest';

/** What a suite needs and not every machine has: a tool, or files that are no part of the project. */
export interface Need<Found> {
  /** What was found of it; undefined or false where it is not there. */
  readonly found: Found | false | undefined;
  /** Said where it is not there. @example 'moto_server is not on the PATH' */
  readonly otherwise: string;
}

/**
 * A suite for where its need is there. Elsewhere it is skipped with a notice among the tests' output, whose reporter
 * doesn't name what it skips; `.ci/summary.mjs` names it once more at the end.
 */
export function describeWhere<Found>(
  title: string,
  { found, otherwise }: Need<Found>,
  suite: (found: Found) => void,
): void {
  if (found !== undefined && found !== false) {
    describe(title, () => suite(found));
    return;
  }
  const notice = `${title} (not run: ${otherwise})`;
  console.warn(notice);
  describe.skip(notice, () => it('is skipped', () => {}));
}
