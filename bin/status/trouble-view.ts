import type { Paint } from '../operator/paint.ts';
import { standing, verdict } from './headline.ts';
import type { SourceStatus } from './source-status.ts';
import type { StatusStyle } from './status-view.ts';
import { type Trouble, troublesOf } from './troubles.ts';

/** Troubles that are told one by one. */
const mostTold = 10;

/** What needs somebody, each trouble once; or that nothing does. */
export function troubleView(status: SourceStatus, style: StatusStyle): string[] {
  const { paint } = style;
  const troubles = troublesOf(status, style);
  const said = verdict(status, troubles, style.nowMs);
  const { delivered, schedule } = standing(status);
  const painted =
    troubles.length > 0 ? paint.bad(said) : status.windows.length === 0 ? paint.warn(said) : paint.good(said);
  return [
    painted,
    ...(status.windows.length === 0 && troubles.length === 0 ? [] : [delivered]),
    ...(schedule === undefined ? [] : [paint.warn(schedule)]),
    ...troubles.slice(0, mostTold).flatMap((trouble) => ['', ...troubleLines(trouble, paint)]),
    ...(troubles.length > mostTold ? ['', `… and ${troubles.length - mostTold} more; --json has all`] : []),
    ...(troubles.length > 0 ? ['', ...closing(status, style).map((line) => paint.dim(line))] : []),
  ];
}

/** A trouble, whole, for the terminal. */
export function troubleLines({ what, facts, steps, details, more }: Trouble, paint: Paint): string[] {
  return [
    `${paint.bad('!')} ${what}`,
    ...facts.map((fact) => `  ${fact}`),
    ...steps.flatMap(stepLines),
    ...(details === undefined ? [] : [`  details: ${details}`]),
    ...(more === undefined ? [] : [`  more: ${more}`]),
  ];
}

function stepLines(step: string, index: number): string[] {
  const [first = '', ...others] = step.split('\n');
  return [`  ${index + 1}. ${first}`, ...others.map((line) => `     ${line}`)];
}

/** What holds for all of them, said once. */
function closing({ settings }: SourceStatus, { isLocal, suffix }: StatusStyle): string[] {
  return [
    "Type connector as npx connector, in the connector's folder.",
    `To see whether a cause is mended, before anything is tried again: connector doctor --no-query --source ${settings.id}${suffix}`,
    settings.platform.delivery === 'streaming'
      ? 'Trying again loses nothing; as rows are streamed, some may come twice.'
      : 'Trying again never doubles data: a day that is delivered again takes the place of what was there.',
    ...(isLocal
      ? [
          'This connector is local: instead of npx cdk deploy, start connector local again with the changed configuration.',
        ]
      : []),
  ];
}
