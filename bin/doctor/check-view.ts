import type { Paint } from '../operator/paint.ts';
import type { Check, CheckState } from './check.ts';

/** The longest name of a check, and of a state. */
const nameWidth = 16;
const stateWidth = 7;

/** One check for people, with its remedy below it. */
export function checkLine({ source, name, state, text, remedy }: Check, paint: Paint): string {
  const place = source === undefined ? '' : `${source}: `;
  const line = `${painted(state, paint)}  ${name.padEnd(nameWidth)}  ${place}${text}\n`;
  return remedy === undefined ? line : `${line}${' '.repeat(stateWidth + nameWidth + 4)}→ ${remedy}\n`;
}

function painted(state: CheckState, paint: Paint): string {
  const text = state.padEnd(stateWidth);
  switch (state) {
    case 'passed':
      return paint.good(text);
    case 'warned':
      return paint.warn(text);
    case 'failed':
      return paint.bad(text);
    case 'skipped':
      return paint.dim(text);
  }
}

/** How it all came out. */
export function closingLine(checks: readonly Check[], queriesSpent: number): string {
  const count = (state: CheckState) => checks.filter((check) => check.state === state).length;
  return `\n${count('passed')} passed, ${count('warned')} warned, ${count('failed')} failed, ${count('skipped')} skipped; export queries spent: ${queriesSpent}\n`;
}
