import { ledgerPrefix } from '../../functions/shared/object-keys.ts';
import type { Unreadable } from '../../functions/shared/unreadable.ts';
import { endedWell } from '../../functions/shared/window-summary.ts';
import { inLine, onOneLine } from '../operator/printable.ts';
import type { Finding } from './findings.ts';
import { setTo } from './remedies/mixpanel-remedies.ts';
import { fillSecret, mixpanelSecretForm, type RemedyContext } from './remedies/remedy.ts';
import type { SourceStatus } from './source-status.ts';
import { storedTrouble } from './stored-troubles.ts';
import { agoText, timeText } from './time-text.ts';
import type { Trouble, TroubleOptions } from './troubles.ts';

interface SetupOptions extends TroubleOptions {
  readonly context: RemedyContext;
}

/** What is wrong beside windows that failed: the set-up, what Platform holds, and what can't be read. */
export function setupTroubles(status: SourceStatus, options: SetupOptions): readonly Trouble[] {
  return [
    ...status.findings
      .filter((finding) => !isToldOf(finding, status))
      .map((one) => ofFinding(one, status, options)),
    ...ofDifferences(status, options),
    ...ofUnreadable(status, options),
  ];
}

/** Failures of windows tell of the same, with the same remedy. */
function isToldOf({ kind }: Finding, { deadLetters, attention }: SourceStatus): boolean {
  const failed = new Set(attention.map(({ date }) => date));
  const codes = deadLetters.letters
    .filter(({ window }) => window !== undefined && failed.has(window))
    .map(({ code }) => code);
  if (kind === 'timezone') return codes.some((code) => code.startsWith('timestamps_'));
  return codes.includes('mixpanel_auth');
}

const nothing = { code: undefined, days: [], count: 1, details: undefined, more: undefined } as const;

function ofFinding(finding: Finding, status: SourceStatus, { context, nowMs }: SetupOptions): Trouble {
  const askedMs = Date.parse(finding.at);
  const asked = `Mixpanel was last asked ${agoText(nowMs - askedMs)} (${timeText(askedMs)}).`;
  const check = `See that all is right now: ${context.command('doctor --no-query')}`;
  if (finding.kind === 'login') {
    const { projectId } = status.settings.mixpanel;
    return {
      ...nothing,
      kind: 'setup',
      what: sentence(finding.what),
      facts: ['Days are exported until then, and none afterwards.', asked],
      steps: [
        `In Mixpanel, open the organization settings, "Service Accounts", and make a new one with access to project ${projectId} (the role Consumer is enough). Copy its name and secret.`,
        fillSecret(context.secrets.mixpanel, mixpanelSecretForm),
        `${check}\nThe connector notices it within the hour, and this item goes away.`,
      ],
    };
  }
  return {
    ...nothing,
    kind: 'setup',
    what: sentence(finding.what),
    facts: [asked],
    steps: [
      ...setTo(context, finding.kind, finding.value),
      ...(finding.kind === 'timezone' ? againInZone(status, context) : []),
      check,
    ],
  };
}

/** Days by another zone's midnight begin and end at the wrong moment. */
function againInZone({ windows }: SourceStatus, { command }: RemedyContext): string[] {
  const days = windows.filter(({ summary }) => endedWell(summary.state)).map(({ summary }) => summary.date);
  const [first] = days;
  const last = days.at(-1);
  if (first === undefined || last === undefined) return [];
  return [
    `Export again the days that were exported with the wrong zone: ${command(`backfill ${first} ${last}`)}`,
  ];
}

function ofDifferences({ reconciled }: SourceStatus, { context, nowMs }: SetupOptions): Trouble[] {
  return (reconciled?.differences ?? []).map(({ date, checkedAt, texts }) => ({
    kind: 'platform',
    code: undefined,
    days: [date],
    count: 1,
    what: `Adobe Experience Platform does not hold ${date} as it was delivered: ${inLine(texts.join('; '))}.`,
    facts: [
      `Platform was asked ${agoText(nowMs - Date.parse(checkedAt))} (${timeText(Date.parse(checkedAt))}).`,
    ],
    steps: [
      `Ask Platform again, and see both sides' numbers: ${context.command(`status ${date} --reconcile`)}`,
      'docs/runbook.md, "Hold the dataset to the ledger", says for each difference what to do.',
    ],
    details: undefined,
    more: undefined,
  }));
}

/** Ledgers first: each is a day that waits. */
function ofUnreadable({ unreadable, settings }: SourceStatus, { context }: SetupOptions): Trouble[] {
  const isLedger = ({ key }: Unreadable) => key.startsWith(ledgerPrefix(settings.id));
  return [
    ...unreadable.filter(isLedger).map(ofLedger),
    ...unreadable.filter((one) => !isLedger(one)).map((one) => storedTrouble(one, context)),
  ];
}

function ofLedger({ key, problem }: Unreadable): Trouble {
  return {
    ...nothing,
    kind: 'ledger',
    what: `What the connector knows of a day can not be read: ${inLine(key)}.`,
    facts: ['Until it can, nothing is exported or delivered for that day.'],
    steps: [
      'If the details below speak of a newer release: deploy that release again: npx cdk deploy\n' +
        'If not, somebody changed the object: put it back as it was. It names the batch that a new delivery replaces, so that without it the day would be in Platform twice.',
    ],
    details: onOneLine(problem),
  };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${inLine(text.slice(1))}.`;
}
