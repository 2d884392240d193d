import { rangesOf } from './days-text.ts';
import type { FoundFailure } from './failures.ts';
import type { Again, RemedyContext } from './remedies/remedy.ts';

/** Days in one command; more of them are ranges. */
const mostDays = 7;
/** Commands of one step. */
const mostCommands = 5;

interface WhatFailed {
  readonly again: Again;
  readonly failures: readonly FoundFailure[];
  readonly days: readonly string[];
}

/** The last steps: the commands that try again, or take away what can't be. */
export function againSteps({ again, failures, days }: WhatFailed, context: RemedyContext): readonly string[] {
  const letters = failures.flatMap((failure) => failure.letters);
  // Of a window that several messages must make whole, each has a code of its own; one that was not looked at has none here.
  const codes = [...new Set([...failures, ...letters].flatMap(({ code }) => code ?? []))].sort();
  const dropped = () => dropCommands(failures, context);
  switch (again) {
    case 'redrive':
      return [`Try again: ${context.command(`redrive --code ${codes.join(' ')}`)}`];
    case 'replay':
      return [
        `${letters.length > 0 ? 'Export and deliver it anew' : 'Try again'}: ${replayCommands(days, '', context)}`,
        ...(letters.length > 0 ? [`Take the message that was given up away: ${dropped()}`] : []),
      ];
    case 'reload':
      return [`Try again, without asking Mixpanel: ${replayCommands(days, ' --reload', context)}`];
    case 'wait':
      return ['There is nothing to type: it goes on by itself.'];
    case 'drop':
      return failures.some(({ kind }) => kind === 'leftover')
        ? [`Take it away: ${dropped()}`]
        : [
            `If a day was meant, ask for it like this, with the day in place of YYYY-MM-DD: ${context.command('replay YYYY-MM-DD')}`,
            `Take the message away: ${context.command(`redrive --drop --code ${codes.join(' ')} --match "reading a"`)}`,
          ];
  }
}

function replayCommands(days: readonly string[], option: string, { command }: RemedyContext): string {
  if (days.length <= mostDays) return command(`replay ${days.join(' ')}${option}`);
  const ranges = rangesOf(days);
  const commands = ranges
    .slice(0, mostCommands)
    .map(({ from, to }) => command(`backfill ${from} ${to}${option}`));
  return several([...commands, ...(ranges.length > mostCommands ? ['and so on for the other days'] : [])]);
}

function dropCommands(failures: readonly FoundFailure[], { command }: RemedyContext): string {
  const choices = new Set(
    failures.flatMap(({ letters }) =>
      letters.map(({ code, window }) => `--code ${code}${window === undefined ? '' : ` --window ${window}`}`),
    ),
  );
  const commands = [...choices].slice(0, mostCommands).map((choice) => command(`redrive --drop ${choice}`));
  return several([...commands, ...(choices.size > mostCommands ? ['and so on for the other days'] : [])]);
}

/** One command stands behind its sentence, several below it. */
function several(commands: readonly string[]): string {
  return commands.length === 1 ? commands.join('') : `\n${commands.join('\n')}`;
}
