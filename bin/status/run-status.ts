import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { createRememberedDigests, type KnownDigests } from '../../functions/shared/window-digests.ts';
import { exitCodes } from '../failure.ts';
import { queueDepth } from '../local/queue-depths.ts';
import { type CommandOutput, jsonLine } from '../operator/command-output.ts';
import { dayOption } from '../operator/day-options.ts';
import { oneSource } from '../operator/one-source.ts';
import { type Operator, type OperatorSource, withOperator } from '../operator/open-operator.ts';
import { operatorOptions, refuseBesideData } from '../operator/operator-options.ts';
import { parseOptions } from '../option-problems.ts';
import { historyJson, historyView } from './history-view.ts';
import { readSourceStatus, type SourceStatus } from './source-status.ts';
import { statusJson } from './status-json.ts';
import { statusView } from './status-view.ts';
import { readHistory } from './window-history.ts';

const statusOptionsSchema = z
  .strictObject({
    ...operatorOptions,
    date: dayOption.optional(),
    all: z.boolean().default(false),
    check: z.boolean().default(false),
    watch: z.boolean().default(false),
    html: z.string().min(1, 'must be a file').optional(),
  })
  .superRefine(refuseBesideData);
type StatusOptions = z.output<typeof statusOptionsSchema>;

/** Often enough to follow with the eye; a look costs a few requests, since unchanged ledgers are not read again. */
const watchEveryMs = 5000;

/**
 * Shows how a connector fares, or one window's whole history.
 *
 * @param interrupted ends `--watch`.
 * @returns the exit code.
 */
export async function runStatus(
  given: unknown,
  output: CommandOutput,
  interrupted: AbortSignal,
): Promise<number> {
  const options = parseOptions(statusOptionsSchema, given, 'reading the options of connector status');
  return withOperator(options, async (operator) => {
    const known = operator.sources.map((source) => ({
      source,
      digests: createRememberedDigests(operator.store, source.settings.id),
    }));
    const look = () => show({ operator, known, options, output });
    let status = await look();
    while (options.watch && !interrupted.aborted) {
      await sleep(watchEveryMs, undefined, { signal: interrupted }).catch(() => {});
      if (!interrupted.aborted) status = await look();
    }
    return status;
  });
}

interface Look {
  readonly operator: Operator;
  readonly known: readonly { readonly source: OperatorSource; readonly digests: KnownDigests }[];
  readonly options: StatusOptions;
  readonly output: CommandOutput;
}

async function show({ operator, known, options, output }: Look): Promise<number> {
  const suffix = options.data === undefined ? '' : ` --data ${options.data}`;
  // On a terminal the picture is replaced; elsewhere it is appended.
  const clear = options.watch && output.isTerminal && !options.json ? '\u001b[H\u001b[2J' : '';
  if (options.date !== undefined) {
    const history = await readHistory(operator, oneSource(operator), options.date);
    output.write(
      options.json ? jsonLine(historyJson(history)) : `${clear}${historyView(history, output.paint, suffix)}`,
    );
    return exitCodes.done;
  }
  const nowMs = Date.now();
  const [planDeadLetters, ...sources] = await Promise.all([
    queueDepth(operator.aws.sqs, operator.planDeadLetterQueueUrl),
    ...known.map(({ source, digests }) => readSourceStatus(operator, source, { digests, nowMs })),
  ]);
  if (options.html !== undefined) {
    // Only now: most looks are at the terminal, and need not wait for the page's parts.
    const { writeReport } = await import('../report/write-report.ts');
    await writeReport(operator, sources, { file: options.html, nowMs });
    output.note(`Page: ${options.html}\n`);
  }
  if (options.json) {
    output.write(jsonLine({ sources: sources.map(statusJson), planDeadLetters }));
  } else {
    const style = { paint: output.paint, nowMs, all: options.all, suffix };
    const plan =
      planDeadLetters === 0
        ? []
        : [
            output.paint.bad(
              `! the schedule could not start the planning of windows (${planDeadLetters} in the dead letters): docs/runbook.md, plan-dead-letters\n`,
            ),
          ];
    output.write(clear + [...plan, ...sources.map((status) => statusView(status, style))].join('\n'));
  }
  const well = planDeadLetters === 0 && sources.every(isWell);
  return options.check && !well ? exitCodes.workFailed : exitCodes.done;
}

function isWell({ attention, findings, deadLetters, unreadable }: SourceStatus): boolean {
  return attention.length + findings.length + deadLetters.count + unreadable.length === 0;
}
