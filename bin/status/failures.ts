import type { Attention } from '../../functions/shared/attention.ts';
import type { WindowDigest } from '../../functions/shared/window-digest.ts';
import { endedWell } from '../../functions/shared/window-summary.ts';
import type { DeadLetter } from '../operator/dead-letters.ts';
import { inLine } from '../operator/printable.ts';
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
    const [newest] =
      trouble.kind === 'rejected' ? [] : [...left].filter((letter) => letter.window === trouble.date);
    const letters = [...left].filter(
      (letter) => newest !== undefined && letter.window === trouble.date && letter.code === newest.code,
    );
    for (const letter of letters) left.delete(letter);
    return {
      kind: trouble.kind,
      day: trouble.date,
      sinceMs: Date.parse(trouble.since),
      code: newest?.code,
      reason: reasonOf(newest?.reason, window?.error ?? trouble.why),
      body: newest?.body,
      letters,
      window,
      isUnseen: false,
    };
  });
  const troubled = new Set(attention.map(({ date }) => date));
  const others = [...left].map((letter): FoundFailure => {
    const window = letter.window === undefined ? undefined : digests.get(letter.window);
    return {
      kind: isOver(letter, window, troubled) ? 'leftover' : 'order',
      day: letter.window,
      sinceMs: Date.parse(letter.sentAt),
      code: letter.code,
      reason: letter.reason,
      body: letter.body,
      letters: [letter],
      window,
      isUnseen: false,
    };
  });
  return [...withCodes(inTrouble, deadLetters.count - deadLetters.letters.length), ...others];
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
  return reason.replace(/^after \d+ tries: /, '').replaceAll(day, '');
}

/** A dead letter's reason is cut at some length, and has the number of tries; the ledger's error is whole. */
function reasonOf(letter: string | undefined, error: string): string {
  const whole = inLine(error.replaceAll(/\s*\n\s*/g, ' '));
  if (letter === undefined) return whole;
  const tries = /^after \d+ tries: /.exec(letter)?.[0] ?? '';
  return whole.startsWith(letter.slice(tries.length)) ? `${tries}${whole}` : letter;
}

function isOver(
  letter: DeadLetter,
  window: WindowDigest | undefined,
  troubled: ReadonlySet<string>,
): boolean {
  if (window === undefined) return false;
  if (troubled.has(window.summary.date)) return true;
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
