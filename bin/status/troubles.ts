import { rejectedWindowPrefix } from '../../functions/shared/object-keys.ts';
import { asksForSlice } from '../operator/dead-letters.ts';
import { againSteps } from './again-steps.ts';
import { causeOf, type FoundFailure, failuresOf, isLate, isPartlyThere } from './failures.ts';
import { contextOf } from './places.ts';
import { findRemedy } from './remedies/find-remedy.ts';
import { setTo } from './remedies/mixpanel-remedies.ts';
import { rejectedRemedy } from './remedies/own-remedies.ts';
import { configured, type Remedy, type RemedyContext } from './remedies/remedy.ts';
import { setupTroubles } from './setup-troubles.ts';
import type { SourceStatus } from './source-status.ts';
import { factsOf } from './trouble-facts.ts';

/** One thing that needs somebody, however many windows and dead letters tell of it. */
export interface Trouble {
  readonly kind: FoundFailure['kind'] | 'setup' | 'platform' | 'ledger' | 'stored' | 'unseen';
  /** Undefined where no dead letter names one. */
  readonly code: string | undefined;
  /** The windows that it is about; none for what is about none. */
  readonly days: readonly string[];
  /** How many windows or messages. */
  readonly count: number;
  /** What is wrong: one plain sentence. */
  readonly what: string;
  /** What it costs, since when, and what becomes of it by itself. */
  readonly facts: readonly string[];
  /** What to do, in order; the last one tries again. A step may have several lines. */
  readonly steps: readonly string[];
  /** In the words of whoever noticed: a vendor, a function. */
  readonly details: string | undefined;
  /** The command that tells more. */
  readonly more: string | undefined;
}

export interface TroubleOptions {
  readonly nowMs: number;
  /** What every command that is suggested must have. */
  readonly suffix: string;
}

/** Everything that needs somebody, each once, what costs most first. */
export function troublesOf(status: SourceStatus, options: TroubleOptions): readonly Trouble[] {
  const context = contextOf(status, options.suffix);
  const failures = failuresOf(status);
  const groups = new Map<string, { remedy: Remedy; failures: FoundFailure[] }>();
  for (const failure of failures) {
    const remedy = remedyOf(failure, status, context);
    const key = JSON.stringify([failure.kind, isLate(failure), failure.code ?? causeOf(failure), remedy]);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { remedy, failures: [failure] });
    else known.failures.push(failure);
  }
  const found = [...groups.values()].map((group) => troubleOf(group, status, { context, ...options }));
  const isWindow = ({ kind }: Trouble) => kind === 'failed' || kind === 'missing' || kind === 'rejected';
  return [
    ...found.filter(isWindow),
    ...setupTroubles(status, { context, ...options }),
    ...found.filter((trouble) => !isWindow(trouble)),
    ...unseen(status, failures, context),
  ];
}

function remedyOf(failure: FoundFailure, status: SourceStatus, context: RemedyContext): Remedy {
  const { kind, window } = failure;
  if (kind === 'leftover') {
    return {
      what: 'A failure is left over that no longer matters: its day has got over it, or has failed anew since.',
      mend: [],
      again: 'drop',
      lasting: false,
    };
  }
  if (kind === 'rejected') return rejectedRemedy(context, isPartlyThere(failure));
  if (isStill(failure)) return stillRemedy(failure);
  const remedy = mendOf(failure, status, context);
  // What is left of a run in slices would be fetched with the configuration of before.
  if (remedy.changesConfig === true && failure.letters.some(asksForSlice))
    return { ...remedy, again: 'replay' };
  // Its dead letter is gone: sent back, dropped or expired.
  if (kind === 'failed' && failure.letters.length === 0 && !failure.isUnseen && window !== undefined)
    return { ...remedy, again: 'replay', notes: [...(remedy.notes ?? []), ...sentBack(status)] };
  return remedy;
}

function mendOf(failure: FoundFailure, { findings }: SourceStatus, context: RemedyContext): Remedy {
  const zone = findings.find((finding) => finding.kind === 'timezone');
  if (failure.code?.startsWith('timestamps_') !== true || zone === undefined)
    return findRemedy(failure, context);
  const [set = ''] = setTo(context, 'timezone', zone.value);
  return configured(`The time zone in the configuration is wrong: ${zone.what}.`, [set]);
}

/** Nobody has given a reason. */
function isStill(failure: FoundFailure | undefined): boolean {
  return failure?.kind === 'missing' && failure.code === undefined;
}

function stillRemedy({ window }: FoundFailure): Remedy {
  return {
    what:
      window === undefined
        ? 'The schedule has asked for it, or should have, and nothing was exported.'
        : `Work on it has begun and stands still: it is "${window.summary.state}".`,
    notes: ['Why is not known here: docs/runbook.md, "windows-late", if it does not come after all.'],
    mend: [],
    again: 'replay',
    lasting: false,
  };
}

function sentBack({ queues }: SourceStatus): string[] {
  const waiting = queues.windows + queues.loads;
  if (waiting === 0) return [];
  return [`Messages wait in the queues (${waiting}), perhaps of this day: look again in a few minutes.`];
}

interface TextOptions extends TroubleOptions {
  readonly context: RemedyContext;
}

function troubleOf(
  { remedy, failures }: { readonly remedy: Remedy; readonly failures: readonly FoundFailure[] },
  status: SourceStatus,
  options: TextOptions,
): Trouble {
  const [first] = failures;
  const days = [...new Set(failures.flatMap(({ day }) => (day === undefined ? [] : [day])))].sort();
  const kind = first?.kind ?? 'order';
  const [example] = days;
  return {
    kind,
    code: first?.code,
    days,
    count: days.length === 0 || kind === 'order' ? failures.length : days.length,
    what: remedy.what,
    facts: factsOf({ remedy, failures, days }, status, options.nowMs),
    steps: [
      ...(kind === 'rejected' ? [whereRejected(options.context, example)] : []),
      ...remedy.mend,
      ...againSteps({ again: remedy.again, failures, days }, options.context),
      ...(remedy.after === undefined ? [] : [remedy.after]),
    ],
    // Its reason stands among the facts.
    details: kind === 'rejected' || isStill(first) ? undefined : detailsOf(first?.reason),
    more:
      example === undefined || kind === 'rejected' ? undefined : options.context.command(`status ${example}`),
  };
}

function whereRejected({ settings, bucket, command }: RemedyContext, day = ''): string {
  const place = `s3://${bucket}/${rejectedWindowPrefix({ source: settings.id, date: day })}`;
  return `See all reasons: ${command(`status ${day}`)}\nThe records themselves are kept at ${place}`;
}

function unseen(
  { deadLetters }: SourceStatus,
  failures: readonly FoundFailure[],
  context: RemedyContext,
): Trouble[] {
  const told = failures.filter(({ isUnseen }) => isUnseen).length;
  const count = deadLetters.count - deadLetters.letters.length - told;
  if (count <= 0) return [];
  return [
    {
      ...{ kind: 'unseen', code: undefined, days: [], count, details: undefined, more: undefined },
      what: `${count} more messages were given up (dead letters) and are not shown: too many, or another reader holds them at this moment.`,
      facts: [],
      steps: [`List them: ${context.command('redrive')}`],
    },
  ];
}

/** A reason tells enough with so much of it; `status DAY` has all. */
const mostOfDetails = 600;
/** Where times point to another zone, what follows are the counts of those that don't, and what the steps say better. */
const afterOtherZone = /(most seem stored in a zone at .*?); see in Mixpanel's project settings .*$/;

function detailsOf(reason: string | undefined): string | undefined {
  const told = reason?.replace(afterOtherZone, '$1');
  return told !== undefined && told.length > mostOfDetails ? `${told.slice(0, mostOfDetails)}…` : told;
}
