import { describeError } from '../../functions/shared/errors.ts';

export type CheckState = 'passed' | 'warned' | 'failed' | 'skipped';

/** What was looked at, and how it is. */
export interface Check {
  /** None for what all sources share. */
  readonly source?: string;
  readonly name: string;
  readonly state: CheckState;
  readonly text: string;
  /** What to do; only where something is to be done. */
  readonly remedy?: string;
}

/** How one check came out. */
export type Outcome = Omit<Check, 'source' | 'name'>;

export const passed = (text: string): Outcome => ({ state: 'passed', text });
export const warned = (text: string, remedy: string): Outcome => ({ state: 'warned', text, remedy });
export const failed = (text: string, remedy: string): Outcome => ({ state: 'failed', text, remedy });
export const skipped = (text: string): Outcome => ({ state: 'skipped', text });

/** Takes the checks in their order, as they come out. */
export interface CheckReport {
  add(name: string, outcome: Outcome): void;
  /** Does a check; what it throws is its failure, with the remedy for it. @returns undefined when it threw. */
  attempt<Found>(
    name: string,
    remedy: string | ((error: unknown) => string),
    act: () => Promise<{ readonly outcome: Outcome; readonly found: Found }>,
  ): Promise<Found | undefined>;
}

export function createReport(source: string | undefined, onCheck: (check: Check) => void): CheckReport {
  const add = (name: string, outcome: Outcome) =>
    onCheck({ ...(source === undefined ? {} : { source }), name, ...outcome });
  return {
    add,
    async attempt(name, remedy, act) {
      try {
        const { outcome, found } = await act();
        add(name, outcome);
        return found;
      } catch (error) {
        add(name, failed(describeError(error), typeof remedy === 'string' ? remedy : remedy(error)));
        return undefined;
      }
    },
  };
}
