import { DeleteMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { type BackfillStore, createBackfillStore } from '../../functions/shared/backfill-store.ts';
import { inParallel } from '../../functions/shared/in-parallel.ts';
import { createSqsQueue } from '../../functions/shared/sqs-message-queue.ts';
import { exitCodes } from '../failure.ts';
import { queueDepth } from '../local/queue-depths.ts';
import { type CommandOutput, jsonLine } from '../operator/command-output.ts';
import {
  type DeadLetter,
  type DeadLetterQueue,
  deadLetterQueues,
  makeVisible,
  requestOf,
  takeDeadLetters,
} from '../operator/dead-letters.ts';
import { nextHint, sameConnector } from '../operator/next-command.ts';
import { type Operator, withOperator } from '../operator/open-operator.ts';
import { operatorOptions, refuseBesideData } from '../operator/operator-options.ts';
import { createProgressLine, type ProgressLine } from '../operator/progress-line.ts';
import { parseOptions } from '../option-problems.ts';
import { plural } from '../status/status-view.ts';
import { requireKnownCodes } from './known-codes.ts';
import { letterJson, listView } from './letter-view.ts';
import { type OwnedLetter, whyKept } from './open-ranges.ts';

const redriveOptionsSchema = z
  .strictObject({
    ...operatorOptions,
    code: z.array(z.string().min(1, 'must be a code')).optional(),
    window: z.iso.date('must be a day, YYYY-MM-DD').optional(),
    match: z.string().min(1, 'must be text').optional(),
    all: z.boolean().default(false),
    drop: z.boolean().default(false),
    dryRun: z.boolean().default(false),
  })
  .superRefine(refuseBesideData)
  .superRefine((options, context) => {
    if (!options.drop || isChoice(options)) return;
    const message = 'needs --code, --window, --match or --all: what is to be taken away for good';
    context.addIssue({ code: 'custom', path: ['drop'], input: options.drop, message });
  })
  .superRefine(({ all, code, window, match }, context) => {
    const chooses = code !== undefined || window !== undefined || match !== undefined;
    if (!all || !chooses) return;
    const message = 'leaves nothing to choose; leave out --code, --window and --match';
    context.addIssue({ code: 'custom', path: ['all'], input: all, message });
  });
type RedriveOptions = z.output<typeof redriveOptionsSchema>;

/** Longer than ten thousand letters take to be looked at and sent; one that is left comes back by itself after it. */
const hiddenSeconds = 900;
/** Letters sent back at once. */
const sendConcurrency = 16;

/** A dead letter, and where it lies. */
interface FoundLetter extends OwnedLetter {
  readonly from: DeadLetterQueue;
}

/**
 * Sends dead letters back to the queues they came from, or deletes them (`drop`). Without a choice, lists them.
 *
 * @returns the exit code.
 * @throws {ConfigError} when the request is wrong; then nothing was sent or deleted.
 */
export async function runRedrive(given: unknown, output: CommandOutput): Promise<number> {
  const options = parseOptions(redriveOptionsSchema, given, 'reading the options of connector redrive');
  const acts = isChoice(options) && !options.dryRun;
  const progress = createProgressLine(output, options);
  const { chosen, left, kept, counted } = await withOperator(options, (operator) =>
    work(operator, options, { acts, progress }),
  ).finally(progress.clear);
  for (const { why } of kept) output.note(`connector: not dropped: ${why}\n`);
  const exitCode = acts && kept.length > 0 ? exitCodes.workFailed : exitCodes.done;
  if (options.json) {
    output.write(
      jsonLine({
        redriven: acts && !options.drop ? chosen.map(letterJson) : [],
        dropped: acts && options.drop ? chosen.map(letterJson) : [],
        found: (acts ? left : [...chosen, ...left]).map(letterJson),
        kept: kept.map(({ letter, why }) => ({ ...letterJson(letter), why })),
      }),
    );
    return exitCode;
  }
  if (chosen.length + left.length === 0) {
    output.write(counted === 0 ? 'No dead letters: nothing waits to be sent back.\n' : hiddenText(counted));
    return exitCodes.done;
  }
  if (acts) {
    const done = options.drop ? 'dropped' : 'sent back';
    output.write(`${chosen.length} ${plural('dead letter', chosen.length)} ${done}, ${left.length} left\n`);
    if (chosen.length > 0 && !options.drop)
      output.note(`See how they fare: connector status${nextHint(options)}\n`);
    return exitCode;
  }
  const shown = isChoice(options) ? chosen : left;
  output.write(
    shown.length === 0
      ? `None chosen of ${left.length} ${plural('dead letter', left.length)}.\n`
      : `${listView(shown)}\n`,
  );
  if (shown.length > 0) output.note(isChoice(options) ? wouldText(options, { chosen, left }) : listedText);
  return exitCodes.done;
}

const listedText = 'Nothing was sent back. --code, --window, --match or --all send back what they choose.\n';

/** What the same command does without `--dry-run`. */
function wouldText(
  { drop }: RedriveOptions,
  { chosen, left }: { readonly chosen: readonly unknown[]; readonly left: readonly unknown[] },
): string {
  const would = `would be ${drop ? 'dropped for good' : 'sent back'}`;
  return `${chosen.length} ${plural('dead letter', chosen.length)} ${would}, ${left.length} left. Nothing was done (--dry-run).\n`;
}

/** Somebody else's look hides what it looks at, also one that was killed; and SQS only estimates. */
function hiddenText(counted: number): string {
  const what = `${counted} ${plural('dead letter', counted)}`;
  return `SQS, which only estimates, counts ${what} but shows none: another command may be looking at them. Try again in ${hiddenSeconds / 60} minutes.\n`;
}

function isChoice({
  all,
  code,
  window,
  match,
}: Pick<RedriveOptions, 'all' | 'code' | 'window' | 'match'>): boolean {
  return all || code !== undefined || window !== undefined || match !== undefined;
}

function isChosen(options: RedriveOptions, letter: DeadLetter): boolean {
  const { all, code, window, match } = options;
  if (all) return true;
  if (!isChoice(options)) return false;
  return (
    (code === undefined || code.includes(letter.code)) &&
    (window === undefined || window === letter.window) &&
    (match === undefined || letter.reason.toLowerCase().includes(match.toLowerCase()))
  );
}

async function work(
  operator: Operator,
  options: RedriveOptions,
  { acts, progress }: { readonly acts: boolean; readonly progress: ProgressLine },
) {
  const { sqs } = operator.aws;
  const backfills = createBackfillStore(operator.store, Date.now);
  const queues = await countedQueues(operator);
  const counted = queues.reduce((sum, { expected }) => sum + expected, 0);
  const taken: FoundLetter[] = [];
  const sent = new Set<FoundLetter>();
  try {
    for await (const letters of takeAll(sqs, queues)) {
      taken.push(...letters);
      progress.bar(taken.length, counted, 'dead letters looked at');
    }
    if (taken.length > 0) requireKnownCodes(options.code, taken);
    const asked = taken.filter((letter) => isChosen(options, letter));
    const kept = options.drop ? await keptOf(backfills, asked, sameConnector(options)) : [];
    const staying = new Set(kept.map(({ letter }) => letter));
    const chosen = asked.filter((letter) => !staying.has(letter));
    await inParallel(acts ? chosen : [], sendConcurrency, async (letter) => {
      if (!options.drop) await sendBack(sqs, letter);
      await remove(sqs, letter);
      sent.add(letter);
      progress.bar(sent.size, chosen.length, `dead letters ${options.drop ? 'dropped' : 'sent back'}`);
    });
    const left = taken.filter((letter) => staying.has(letter) || !isChosen(options, letter));
    return { chosen, left, kept, counted };
  } finally {
    await giveBack(
      sqs,
      taken.filter((letter) => !sent.has(letter)),
    );
  }
}

/** Those that are not to be dropped, with the reason. */
async function keptOf(backfills: BackfillStore, letters: readonly FoundLetter[], suffix: string) {
  const kept: { letter: FoundLetter; why: string }[] = [];
  await inParallel(letters, sendConcurrency, async (letter) => {
    const why = await whyKept(backfills, letter, suffix);
    if (why !== undefined) kept.push({ letter, why });
  });
  return kept;
}

/** A dead-letter queue, whose it is, and how many letters it has. */
interface CountedQueue {
  readonly source: string;
  readonly from: DeadLetterQueue;
  readonly expected: number;
}

function countedQueues({ sources, aws }: Operator): Promise<CountedQueue[]> {
  const queues = sources.flatMap((source) =>
    deadLetterQueues(source).map((from) => ({ source: source.settings.id, from })),
  );
  return Promise.all(
    queues.map(async (queue) => ({ ...queue, expected: await queueDepth(aws.sqs, queue.from.url) })),
  );
}

async function* takeAll(sqs: SQSClient, queues: readonly CountedQueue[]): AsyncGenerator<FoundLetter[]> {
  for (const { source, from, expected } of queues) {
    for await (const letters of takeDeadLetters(sqs, from, { expected, seconds: hiddenSeconds })) {
      yield letters.map((letter) => ({ ...letter, from, source }));
    }
  }
}

async function giveBack(sqs: SQSClient, letters: readonly FoundLetter[]): Promise<void> {
  for (const queue of new Set(letters.map(({ from }) => from))) {
    await makeVisible(
      sqs,
      queue,
      letters.filter(({ from }) => from === queue),
    );
  }
}

/** Before it is deleted: a command that is killed in between repeats a message, which is safe, and loses none. */
async function sendBack(sqs: SQSClient, { from, ...letter }: FoundLetter): Promise<void> {
  // The same request: what was begun under it goes on, and is not begun again.
  await createSqsQueue(sqs, from.workUrl).send(letter.body, { attributes: { request: requestOf(letter) } });
}

async function remove(sqs: SQSClient, { from, ...letter }: FoundLetter): Promise<void> {
  await sqs.send(new DeleteMessageCommand({ QueueUrl: from.url, ReceiptHandle: letter.receiptHandle }));
}
