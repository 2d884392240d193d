import type { Backfill } from '../../functions/shared/backfill.ts';
import {
  type BackfillStore,
  cancelBackfill,
  createBackfillStore,
  listBackfills,
  pauseBackfill,
  resumeBackfill,
} from '../../functions/shared/backfill-store.ts';
import { timeSortedId } from '../../functions/shared/ids.ts';
import type { WindowRangeMessage } from '../../functions/shared/messages.ts';
import { createSqsQueue } from '../../functions/shared/sqs-message-queue.ts';
import { newestSettledWindow } from '../../functions/shared/window.ts';
import { chooseVolumes } from '../estimate/choose-volumes.ts';
import { readPrices } from '../estimate/prices.ts';
import { exitCodes } from '../failure.ts';
import { type CommandOutput, jsonLine } from '../operator/command-output.ts';
import { nextHint } from '../operator/next-command.ts';
import { oneSource } from '../operator/one-source.ts';
import { type Operator, type OperatorSource, withOperator } from '../operator/open-operator.ts';
import { backfillStatus } from '../status/source-status.ts';
import { backfillText } from '../status/status-view.ts';
import { type BackfillOptions, parseBackfillOptions, switches } from './backfill-options.ts';
import { chooseBackfill } from './choose-backfill.ts';
import { planBackfill } from './plan-backfill.ts';
import { planView } from './plan-view.ts';

/**
 * Asks for a range of windows, tells what it would come to, changes a backfill that is under way, or lists them.
 *
 * @returns the exit code.
 * @throws {ConfigError} when the request is wrong; then nothing was asked for or changed.
 */
export async function runBackfill(given: unknown, output: CommandOutput): Promise<number> {
  const options = parseBackfillOptions(given);
  await withOperator(options, async (operator) => {
    const { from, to } = options;
    const act = switches.find((option) => options[option] !== undefined);
    if (act !== undefined) return switchOne(operator, { options, output, act });
    if (from === undefined || to === undefined) return list(operator, options, output);
    if (options.dryRun) return dryRun(operator, options, { from, to, output });
    return ask(operator, options, { from, to, output });
  });
  return exitCodes.done;
}

function recordsOf({ store }: Operator): BackfillStore {
  return createBackfillStore(store, Date.now);
}

async function list(operator: Operator, options: BackfillOptions, output: CommandOutput): Promise<void> {
  const found = await Promise.all(
    operator.sources.map(async (source) =>
      (await listBackfills(recordsOf(operator), source.settings.id)).map((backfill) =>
        shown(operator, source, backfill),
      ),
    ),
  );
  const all = found.flat();
  if (options.json) {
    output.write(jsonLine({ backfills: all.map(({ json }) => json) }));
    return;
  }
  output.write(all.length === 0 ? 'No backfill was ever asked for.\n' : '');
  for (const { source, status } of all) output.write(`${source}  ${backfillText(status, output.paint)}\n`);
}

function shown({ config }: Operator, { settings }: OperatorSource, backfill: Backfill) {
  const status = backfillStatus(settings, { sources: config.sources, backfill, nowMs: Date.now() });
  const endsAt = status.endsMs === undefined ? null : new Date(status.endsMs).toISOString();
  return { source: settings.id, status, json: { ...backfill, endsAt } };
}

interface Range {
  readonly from: string;
  readonly to: string;
  readonly output: CommandOutput;
}

async function planOf(operator: Operator, options: BackfillOptions, { from, to }: Range) {
  const { settings } = oneSource(operator);
  const newest = newestSettledWindow(Date.now(), settings.mixpanel.timezone);
  const volumes = await chooseVolumes(options, { store: operator.store, source: settings.id, newest });
  const prices = readPrices();
  const request = { from, to, reload: options.reload };
  const plan = planBackfill(request, { source: settings, sources: operator.config.sources, volumes, prices });
  return { plan, volumes, prices, settings };
}

async function dryRun(operator: Operator, options: BackfillOptions, range: Range): Promise<void> {
  const { plan, volumes, prices, settings } = await planOf(operator, options, range);
  const { from, to, output } = range;
  output.write(
    options.json
      ? jsonLine({
          source: settings.id,
          from,
          to,
          reload: options.reload,
          ...plan,
          volumes,
          pricesAsOf: prices.asOf,
        })
      : `${planView(plan, { volumes, prices, what: `${settings.id} ${from} … ${to}` })}\nNothing was asked for (--dry-run).\n`,
  );
}

async function ask(operator: Operator, options: BackfillOptions, { from, to, output }: Range): Promise<void> {
  const source = oneSource(operator);
  const { reload, reason } = options;
  const request = timeSortedId(Date.now());
  const range: WindowRangeMessage = {
    from,
    to,
    ...(reload ? { reload: true } : {}),
    ...(reason === undefined ? {} : { reason }),
  };
  const queue = createSqsQueue(operator.aws.sqs, source.windowQueueUrl);
  await queue.send(range, { attributes: { request } });
  // After the message, never before it: a record without a message would stand still for ever.
  const backfill = await recordsOf(operator).begin({ source: source.settings.id, request }, range);
  const { status, json } = shown(operator, source, backfill);
  output.write(
    options.json
      ? jsonLine({ backfill: json })
      : `${source.settings.id}  ${backfillText(status, output.paint)}\n`,
  );
  output.note(`See how it fares: connector backfill${nextHint(options)}\n`);
}

const acts = { pause: pauseBackfill, resume: resumeBackfill, cancel: cancelBackfill } as const;

async function switchOne(
  operator: Operator,
  {
    options,
    output,
    act,
  }: { readonly options: BackfillOptions; readonly output: CommandOutput; readonly act: keyof typeof acts },
): Promise<void> {
  const source = oneSource(operator);
  const records = recordsOf(operator);
  const given = options[act];
  const named = typeof given === 'string' ? given : undefined;
  const { request } = chooseBackfill(await listBackfills(records, source.settings.id), `--${act}`, named);
  const changed = await acts[act](records, { source: source.settings.id, request });
  const { status, json } = shown(operator, source, changed);
  output.write(
    options.json
      ? jsonLine({ backfill: json })
      : `${source.settings.id}  ${backfillText(status, output.paint)}\n`,
  );
  if (act !== 'resume') output.note('The window at work is finished first.\n');
  else output.note('It goes on within 15 minutes.\n');
}
