import { daysText } from './days-text.ts';
import { isLate, isPartlyThere } from './failures.ts';
import type { SourceStatus } from './source-status.ts';
import type { Trouble } from './troubles.ts';

/** All is well, or what is not and what it costs: the first line of a source. */
export function verdict(status: SourceStatus, troubles: readonly Trouble[], nowMs: number): string {
  if (troubles.length === 0)
    return status.windows.length === 0 ? 'Nothing was exported yet.' : 'All is well.';
  const login = status.findings.find(({ kind }) => kind === 'login');
  const [only] = troubles;
  if (
    login !== undefined &&
    troubles.length === 1 &&
    only?.kind === 'setup' &&
    Date.parse(login.value) > nowMs
  )
    return `Needs you before ${login.value}: the Mixpanel login ends`;
  return `Needs you: ${[...windowsText(status), ...othersText(troubles)].join(', ')}`;
}

/** What the business has not, by windows: each window counts once. */
function windowsText({ attention, windows }: SourceStatus): string[] {
  const known = new Map(windows.map((window) => [window.summary.date, window]));
  const missing: string[] = [];
  const late: string[] = [];
  const partly: string[] = [];
  for (const { date, kind } of attention) {
    const window = known.get(date);
    if (isPartlyThere({ kind, window })) partly.push(date);
    else (isLate({ window }) ? late : missing).push(date);
  }
  const told = (days: readonly string[], words: string) =>
    days.length === 0
      ? []
      : [`${days.length === 1 ? '1 day is' : `${days.length} days are`} ${words} (${daysText(days)})`];
  return [
    ...told(missing, 'not delivered'),
    ...told(late, 'not up to date'),
    ...told(partly, 'delivered without some records'),
  ];
}

function othersText(troubles: readonly Trouble[]): string[] {
  const count = (kind: Trouble['kind']) =>
    troubles.filter((trouble) => trouble.kind === kind).reduce((sum, trouble) => sum + trouble.count, 0);
  const told = (kind: Trouble['kind'], one: string, many: string) => {
    const found = count(kind);
    return found === 0 ? [] : [`${found} ${found === 1 ? one : many}`];
  };
  const setup = troubles.filter(({ kind }) => kind === 'setup');
  return [
    ...setup.map(({ what }) => `${what.charAt(0).toLowerCase()}${what.slice(1)}`.replace(/(: .*)?\.$/, '')),
    ...told('platform', 'day is otherwise in Platform', 'days are otherwise in Platform'),
    ...told('ledger', 'unreadable ledger', 'unreadable ledgers'),
    ...told('stored', 'unreadable record', 'unreadable records'),
    ...told('order', 'message could not be carried out', 'messages could not be carried out'),
    ...told('leftover', 'old failure to clear away', 'old failures to clear away'),
    ...told('unseen', 'more message was given up', 'more messages were given up'),
  ];
}

/** Whether anything was ever delivered, and whether anything comes of itself. */
export function standing({ windows, settings, configFile }: SourceStatus): {
  delivered: string;
  schedule?: string;
} {
  const newest = windows.findLast(({ stands, summary }) => stands || summary.state === 'delivered');
  const delivered =
    newest === undefined
      ? 'Nothing has been delivered yet.'
      : `Newest day in Platform: ${newest.summary.date}.`;
  if (settings.schedule.enabled) return { delivered };
  return {
    delivered,
    schedule: `The schedule is off: no new day is exported. To switch it on, set "enabled" under "schedule" of the source "${settings.id}" in ${configFile} to true, then: npx cdk deploy`,
  };
}
