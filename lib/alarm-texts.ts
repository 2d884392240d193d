/** What an alarm says; `command` is the first to type, with SOURCE for the source's id. */
export interface AlarmText {
  /** What has happened, as a sentence; SOURCE stands for the source's id. */
  readonly means: string;
  /** What that costs whoever uses the data. */
  readonly impact: string;
  readonly command: string;
  /** How many metrics it looks at, each of which is charged. @default 1 */
  readonly metrics?: number;
}

const status = 'npx connector status --source SOURCE';

/** Every kind of alarm; each has its section of that name in docs/runbook.md. */
export const alarmTexts = {
  'windows-late': {
    means: 'Windows of SOURCE that were due are not delivered, or nothing has looked for two hours.',
    impact: 'Their events are missing in Platform, or are not the newest.',
    command: status,
  },
  'plan-dead-letters': {
    means: "The windows of a source were not planned today; the next day's plan catches up on them.",
    impact: 'Platform gets nothing new of that source until then.',
    command: 'npx connector status',
  },
  'window-dead-letters': {
    means: 'A window of SOURCE was not exported.',
    impact: 'Its newest events are not in Platform; what was delivered for it before still is.',
    command: 'npx connector redrive --source SOURCE',
  },
  'load-dead-letters': {
    means: 'A window of SOURCE is stored in the archive, but was not delivered to Platform.',
    impact: 'Its newest events are not in Platform; what was delivered for it before still is.',
    command: 'npx connector redrive --source SOURCE',
  },
  'credentials-refused': {
    means: 'A credential of SOURCE is refused.',
    impact: 'Nothing more is exported or delivered until it is renewed.',
    command: 'npx connector doctor --no-query --source SOURCE',
  },
  'credentials-expiring': {
    means: 'The Mixpanel credential of SOURCE ends within 14 days.',
    impact: 'Nothing yet; from its last day on, nothing more is exported.',
    command: 'npx connector doctor --no-query --source SOURCE',
  },
  'exports-incomplete': {
    means: 'Mixpanel cut three answers to SOURCE or more within an hour.',
    impact: 'None yet: what is cut is thrown away and asked for again. The windows come late.',
    command: status,
  },
  'budget-exhausted': {
    means:
      'Daily windows of SOURCE wait: no query is left this hour, or Mixpanel has asked for a long pause.',
    impact: 'They come late, and by themselves.',
    command: status,
  },
  'window-rejected': {
    means: "A window of SOURCE is not delivered: too many of its records can't be taken by Platform.",
    impact: 'Its newest events are not in Platform, or only those that Platform took.',
    command: status,
  },
  'records-rejected': {
    means:
      'A window of SOURCE has more than half of the rejected records that platform.maxRejectedPercent allows.',
    impact: 'These records are not in Platform. If their share doubles, the whole window is not delivered.',
    command: status,
  },
  'batch-failed': {
    means: 'Platform failed or stalled a batch of SOURCE, or its counts do not add up.',
    impact: 'The window is not delivered.',
    command: 'npx connector redrive --source SOURCE',
  },
  'function-errors': {
    means: 'A function of SOURCE crashed, ran out of memory or out of time.',
    impact: 'None yet: its message comes back. If that goes on, the window is given up.',
    command: status,
    metrics: 3,
  },
  'function-throttles': {
    means: 'For a quarter of an hour Lambda has refused to start functions of SOURCE.',
    impact: 'Windows come late while the account has no room for more functions at once.',
    command: status,
    metrics: 2,
  },
  'function-slow': {
    means: 'A function of SOURCE ended less than ten seconds before its time was over.',
    impact: 'None yet. A function whose time runs out begins again, and may never end.',
    command: status,
  },
} as const satisfies Readonly<Record<string, AlarmText>>;

export type AlarmKind = keyof typeof alarmTexts;

export const alarmKinds = Object.keys(alarmTexts).filter(isAlarmKind);

function isAlarmKind(kind: string): kind is AlarmKind {
  return kind in alarmTexts;
}

/** What CloudWatch charges for one source's alarms, and for the one that all sources share. */
export const chargedAlarmMetrics = Object.values<AlarmText>(alarmTexts).reduce(
  (sum, { metrics = 1 }) => sum + metrics,
  0,
);

/** The whole text of an alarm. CloudWatch takes 1024 characters. */
export function alarmDescription(kind: AlarmKind, source: string | undefined): string {
  const { means, impact, command } = alarmTexts[kind];
  const text = `${means} Impact: ${impact} Type first: ${command} Runbook: docs/runbook.md, "${kind}".`;
  return text.replaceAll('SOURCE', source ?? 'SOURCE');
}
