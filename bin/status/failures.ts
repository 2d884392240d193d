import type { Attention } from '../../functions/shared/attention.ts';
import { subjectOf } from '../../functions/shared/message-subject.ts';
import { splitTries, withTries } from '../../functions/shared/tries-text.ts';
import type { WindowDigest } from '../../functions/shared/window-digest.ts';
import { endedWell } from '../../functions/shared/window-summary.ts';
import { asksForWindow, type DeadLetter, rangeOf } from '../operator/dead-letters.ts';
import { onOneLine } from '../operator/printable.ts';
import type { Failure } from './remedies/remedy.ts';
import type { SourceStatus } from './source-status.ts';

/** A failure with what it is about: a window, with the dead letters that tell of it, or dead letters alone. */
export interface FoundFailure extends Failure {
  /** `order`: dead letters of no window in trouble. `leftover`: its window has got over it, or failed anew since. */
  readonly kind: Attention['kind'] | 'order' | 'leftover';
  /** The window; undefined for a message that names none. */
  readonly day: string | undefined;
  readonly sinceMs: number;
  readonly letters: readonly DeadLetter[];
  readonly window: WindowDigest | undefined;
  /** Whether it has a dead letter that was not looked at, of which another window's tells the code. */
  readonly isUnseen: boolean;
}

type Known = Pick<SourceStatus, 'attention' | 'deadLetters' | 'windows'>;

/** Each failure once: a window in trouble takes the dead letters that tell of the same. */
export function failuresOf({ attention, deadLetters, windows }: Known): readonly FoundFailure[] {
  const digests = new Map(windows.map((window) => [window.summary.date, window]));
  const left = new Set(deadLetters.letters.toSorted((one, other) => other.sentAt.localeCompare(one.sentAt)));
  const inTrouble = attention.map((trouble): FoundFailure => {
    const window = digests.get(trouble.date);
    const about = trouble.kind === 'rejected' ? [] : [...left].filter((one) => isAbout(one, trouble.date));
    const telling = tellingOf(about);
    const letters = neededOf(about, telling);
    for (const letter of letters) left.delete(letter);
    return {
      kind: trouble.kind,
      day: trouble.date,
      sinceMs: Date.parse(trouble.since),
      code: telling?.code,
      reason: reasonOf(telling?.reason, window?.error ?? trouble.why),
      body: telling?.body,
      letters,
      window,
      isUnseen: false,
    };
  });
  const troubled = new Set(attention.map(({ date }) => date));
  const others = [...left].map((letter): FoundFailure => {
    const range = rangeOf(letter);
    const window =
      range !== undefined || letter.window === undefined ? undefined : digests.get(letter.window);
    // They are taken away by code and window: what matters must not go with what does not.
    const isLeftover = [...left]
      .filter(({ code, window: day }) => code === letter.code && day === letter.window)
      .every((one) => isOver(one, window, troubled));
    return {
      kind: isLeftover ? 'leftover' : 'order',
      day: range === undefined ? letter.window : undefined,
      sinceMs: Date.parse(letter.sentAt),
      code: letter.code,
      reason:
        range === undefined ? letter.reason : `${letter.reason} (backfill of ${range.from} to ${range.to})`,
      body: letter.body,
      letters: [letter],
      window,
      isUnseen: false,
    };
  });
  return [...withCodes(inTrouble, deadLetters.count - deadLetters.letters.length), ...others];
}

/** A range is about more than the window that it has come to. */
function isAbout(letter: DeadLetter, date: string): boolean {
  return letter.window === date && rangeOf(letter) === undefined;
}

/** The letter that says why the window failed: the newest, unless it only repeats what ended another one's delivery. */
function tellingOf(letters: readonly DeadLetter[]): DeadLetter | undefined {
  const [newest] = letters;
  if (newest?.code !== givenUpElsewhere) return newest;
  const { run } = subjectOf(newest.body);
  const first = letters.find(
    ({ code, body }) => code !== givenUpElsewhere && run !== undefined && subjectOf(body).run === run,
  );
  return first ?? newest;
}

const givenUpElsewhere = 'delivery_failed';

/**
 * The letters without which the window can't be brought to its end. A slice or a delivery is asked for by its own letter
 * alone; an earlier request for the whole window asks for nothing that the newest does not, and is a leftover. One that
 * has a code of theirs stays with them, as letters are taken away by code and window.
 */
function neededOf(about: readonly DeadLetter[], telling: DeadLetter | undefined): readonly DeadLetter[] {
  const own = about.filter((letter) => letter.code === telling?.code || !asksForWindow(letter));
  const codes = new Set(own.map(({ code }) => code));
  return about.filter(({ code }) => codes.has(code));
}

/** Of many dead letters only some are looked at: a window that failed for the same reason as another has its code. */
function withCodes(failures: readonly FoundFailure[], unseen: number): FoundFailure[] {
  const codes = new Map(
    failures.filter(({ code }) => code !== undefined).map((one) => [causeOf(one), one.code]),
  );
  let left = unseen;
  return failures.map((failure) => {
    const code =
      failure.kind === 'failed' && failure.code === undefined ? codes.get(causeOf(failure)) : undefined;
    if (code === undefined || left <= 0) return failure;
    left -= 1;
    return { ...failure, code, isUnseen: true };
  });
}

/** The words of a failure, but for the window that they name and the number of tries. */
export function causeOf({ reason, day = '' }: Pick<FoundFailure, 'reason' | 'day'>): string {
  return splitTries(reason).words.replaceAll(day, '');
}

/** A dead letter's reason is cut at some length, and has the number of tries; the ledger's error is whole. */
function reasonOf(letter: string | undefined, error: string): string {
  const whole = onOneLine(error);
  if (letter === undefined) return whole;
  const { tries, words } = splitTries(letter);
  return whole.startsWith(words) ? withTries(Number(tries ?? 1), whole) : letter;
}

/** Whether nothing is missing for a letter's sake that no failure has taken: its window has got over it, or failed anew. */
function isOver(
  letter: DeadLetter,
  window: WindowDigest | undefined,
  troubled: ReadonlySet<string>,
): boolean {
  if (window === undefined || rangeOf(letter) !== undefined) return false;
  if (troubled.has(window.summary.date)) return asksForWindow(letter) && letter.sentAt <= window.updatedAt;
  return endedWell(window.summary.state) && letter.sentAt <= window.updatedAt;
}

/** Something of the window was delivered before, and stands. */
export function isLate({ window }: Pick<FoundFailure, 'window'>): boolean {
  return window?.stands === true;
}

/** Its own batch is active, with what Platform did not refuse. */
export function isPartlyThere({ kind, window }: Pick<FoundFailure, 'kind' | 'window'>): boolean {
  return kind === 'rejected' && window?.stands === true && window.summary.accepted > 0;
}
