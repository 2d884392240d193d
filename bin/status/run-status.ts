import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { createRememberedDigests, type KnownDigests } from '../../functions/shared/window-digests.ts';
import { exitCodes } from '../failure.ts';
import { queueDepth } from '../local/queue-depths.ts';
import { type CommandOutput, jsonLine } from '../operator/command-output.ts';
import { dayOption } from '../operator/day-options.ts';
import { sameConnector } from '../operator/next-command.ts';
import { oneSource } from '../operator/one-source.ts';
import { type Operator, type OperatorSource, withOperator } from '../operator/open-operator.ts';
import { operatorOptions, refuseBesideData } from '../operator/operator-options.ts';
import { createProgressLine } from '../operator/progress-line.ts';
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
    reconcile: z.boolean().default(false),
    recount: z.boolean().default(false),
    sample: z
      .string()
      .regex(/^([1-9]\d{0,2}|1000)$/, 'must be a whole number from 1 to 1000')
      .transform(Number)
      .optional(),
  })
  .superRefine(refuseBesideData)
  .superRefine(refuseChecksApart);
type StatusOptions = z.output<typeof statusOptionsSchema>;

interface Checks {
  readonly reconcile: boolean;
  readonly recount: boolean;
  readonly sample?: number | undefined;
}

/** Vendors are asked once in a call, and for rows of one window at a time. */
function refuseChecksApart(
  value: Checks & { date?: string | undefined; watch: boolean },
  context: z.core.$RefinementCtx,
): void {
  const refuse = (option: 'sample' | 'recount' | 'watch', message: string) =>
    context.addIssue({ code: 'custom', path: [option], input: value[option], message });
  if (value.sample !== undefined && value.date === undefined)
    refuse('sample', 'needs a date: the window whose rows are compared');
  if (value.recount && value.date === undefined)
    refuse('recount', 'needs a date: the window whose events are counted');
  if (value.watch && asksVendors(value))
    refuse('watch', 'must be left out with --reconcile, --recount and --sample');
}

function asksVendors({ reconcile, recount, sample }: Checks): boolean {
  return reconcile || recount || sample !== undefined;
}

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
  const act = async (operator: Operator) => {
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
  };
  return withOperator(options, act, { vendors: asksVendors(options) });
}

interface Look {
  readonly operator: Operator;
  readonly known: readonly { readonly source: OperatorSource; readonly digests: KnownDigests }[];
  readonly options: StatusOptions;
  readonly output: CommandOutput;
}

async function show({ operator, known, options, output }: Look): Promise<number> {
  const suffix = sameConnector(options);
  // On a terminal the picture is replaced; elsewhere it is appended.
  const clear = options.watch && output.isTerminal && !options.json ? '\u001b[H\u001b[2J' : '';
  if (options.date !== undefined && asksVendors(options)) return showChecked(operator, options, output);
  if (options.date !== undefined) {
    const history = await readHistory(operator, oneSource(operator), options.date);
    output.write(
      options.json ? jsonLine(historyJson(history)) : `${clear}${historyView(history, output.paint, suffix)}`,
    );
    return exitCodes.done;
  }
  if (options.reconcile) {
    const { reconcileSource } = await import('../reconcile/reconcile-source.ts');
    const progress = createProgressLine(output, options);
    for (const source of operator.sources) await reconcileSource(operator, source, { output, progress });
  }
  const nowMs = Date.now();
  const [planDeadLetters, ...sources] = await Promise.all([
    queueDepth(operator.aws.sqs, operator.planDeadLetterQueueUrl),
    ...known.map(({ source, digests }) => readSourceStatus(operator, source, { digests, nowMs })),
  ]);
  if (options.html !== undefined) {
    // Only now: most looks are at the terminal, and need not wait for the page's parts.
    const { writeReport } = await import('../report/write-report.ts');
    await writeReport(operator, sources, { file: options.html, nowMs, suffix });
    output.note(`Page: ${options.html}\n`);
  }
  if (options.json) {
    output.write(
      jsonLine({ sources: sources.map((status) => statusJson(status, { nowMs, suffix })), planDeadLetters }),
    );
  } else {
    const style = {
      ...{ paint: output.paint, nowMs, all: options.all, suffix },
      isLocal: options.data !== undefined,
    };
    const plan = planLines(planDeadLetters, output);
    output.write(clear + [...plan, ...sources.map((status) => statusView(status, style))].join('\n'));
  }
  const well = planDeadLetters === 0 && sources.every(isWell);
  return options.check && !well ? exitCodes.workFailed : exitCodes.done;
}

function planLines(deadLetters: number, { paint }: CommandOutput): string[] {
  if (deadLetters === 0) return [];
  return [
    paint.bad('! The schedule could not start: on that day no new day was asked for, of any source.'),
    `  the schedule could not start the planning of windows (${deadLetters} in the dead letters): docs/runbook.md, plan-dead-letters\n`,
  ];
}

/** A window's history with what the vendors say of it. */
async function showChecked(
  operator: Operator,
  options: StatusOptions,
  output: CommandOutput,
): Promise<number> {
  const { date = '', sample, recount, json, check } = options;
  // Only now: most looks ask the vendors nothing, and need not wait for what asks them.
  const { checkWindow, isSound } = await import('../reconcile/reconcile-source.ts');
  const { checkJson, checkView } = await import('../reconcile/check-view.ts');
  const source = oneSource(operator);
  const history = await readHistory(operator, source, date);
  const progress = createProgressLine(output, options);
  const found = await checkWindow(operator, source, { date, sampleRows: sample, recount, output, progress });
  if (json) output.write(jsonLine({ ...historyJson(history), ...checkJson(found) }));
  else {
    const suffix = sameConnector(options);
    const command = `--source ${source.settings.id}${suffix}`;
    output.write(historyView(history, output.paint, suffix) + checkView(found, output.paint, command));
  }
  return check && !isSound(found) ? exitCodes.workFailed : exitCodes.done;
}

function isWell({ attention, findings, deadLetters, unreadable, reconciled }: SourceStatus): boolean {
  const windows = attention.length + (reconciled?.differences.length ?? 0) + unreadable.length;
  return windows + findings.length + deadLetters.count === 0;
}
