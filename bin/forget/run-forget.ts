import { setTimeout as wait } from 'node:timers/promises';
import { ConfigError } from '../../functions/shared/errors.ts';
import {
  createIsForgotten,
  createIsOnList,
  digestOfId,
  type Forgotten,
  freshForgotten,
  readForgotten,
} from '../../functions/shared/forgotten.ts';
import { createLedgerStore } from '../../functions/shared/ledger-store.ts';
import { plainId } from '../../functions/shared/person-ids.ts';
import { createSqsQueue } from '../../functions/shared/sqs-message-queue.ts';
import { exitCodes } from '../failure.ts';
import { type CommandOutput, jsonLine } from '../operator/command-output.ts';
import { oneSource } from '../operator/one-source.ts';
import { type Operator, type OperatorSource, withOperator } from '../operator/open-operator.ts';
import { createProgressLine, type ProgressLine } from '../operator/progress-line.ts';
import { type ForgetOptions, parseForgetOptions, what } from './forget-options.ts';
import { forgetPeople } from './forget-people.ts';
import type { ForgetRecord } from './forget-record.ts';
import { type ForgetReport, forgetJson, forgetView } from './forget-view.ts';
import { lookAtWindows } from './forget-windows.ts';
import { type FormsOfId, openFormsOfId } from './forms-of-id.ts';
import { type Orders, openOrders } from './open-orders.ts';
import { type AskedId, readIds } from './read-ids.ts';

const defaultReason = "deletion of a person's data";

/**
 * Removes the events of persons from a source's archive, has what was delivered replaced, and puts the persons on the list
 * of those whom later exports leave out; or shows what of it there is to do.
 *
 * @returns the exit code: 1 when something is left to be done later.
 * @throws {ConfigError} when the request is wrong; then nothing was changed.
 */
export async function runForget(given: unknown, output: CommandOutput): Promise<number> {
  const options = parseForgetOptions(given);
  const asked = await readIds(options.ids);
  const progress = createProgressLine(output, options);
  const report = await withOperator(options, (operator) => work(operator, { options, asked, progress }), {
    vendors: options.workOrder !== undefined,
  }).finally(progress.clear);
  output.write(options.json ? jsonLine(forgetJson(report)) : forgetView(report, options));
  const isLeft = !options.dryRun && report.windows.some(({ pending }) => pending.length > 0);
  return isLeft ? exitCodes.workFailed : exitCodes.done;
}

interface Request {
  readonly options: ForgetOptions;
  readonly asked: readonly AskedId[];
  readonly progress: ProgressLine;
}

async function work(operator: Operator, request: Request): Promise<ForgetReport> {
  const { options, asked } = request;
  const source = oneSource(operator);
  requireWorkOrder(source, options);
  const formsOf = await openFormsOfId(source, operator.aws);
  // All that can be refused comes before anything is changed.
  const orders =
    options.workOrder === undefined
      ? undefined
      : await openOrders({ operator, source, formsOf, asked, scope: options.workOrder, pause: wait });
  return options.dryRun
    ? look(operator, source, { ...request, formsOf, orders })
    : forget(operator, source, { ...request, formsOf, orders });
}

/** Rows that were streamed are in no batch that could be replaced. */
function requireWorkOrder({ settings }: OperatorSource, { workOrder }: ForgetOptions): void {
  if (settings.platform.delivery === 'batch' || workOrder !== undefined) return;
  throw new ConfigError(what, [
    '--work-order: found nothing; must be given, since rows that were streamed are deleted by a record delete alone',
  ]);
}

interface Work extends Request {
  readonly formsOf: FormsOfId;
  readonly orders: Orders | undefined;
}

/** Every text under which somebody may stand in an event, as it is compared. */
function textsOf({ asked, formsOf }: Work): string[] {
  return [...new Set(asked.flatMap(({ id }) => formsOf(id)).map(plainId))];
}

function isNew(list: Forgotten | undefined, { asked }: Work): number {
  const isOnList = list === undefined ? () => false : createIsOnList(list);
  return new Set(asked.map(({ id }) => plainId(id)).filter((id) => !isOnList(id))).size;
}

async function look(operator: Operator, source: OperatorSource, given: Work): Promise<ForgetReport> {
  const { store } = operator;
  const { id } = source.settings;
  const kept = await readForgotten(store, id);
  const list = kept ?? freshForgotten();
  const digests = textsOf(given).map((text) => digestOfId(list.key, text));
  const isForgotten = createIsForgotten({ ...list, digests: [...list.digests, ...digests] });
  const isOnList = createIsOnList({ ...list, digests: [...list.digests, ...digests] });
  const found = { store, source: id, clock: Date.now, isOnList, isForgotten: isForgotten ?? (() => false) };
  return {
    source: id,
    dryRun: true,
    ids: given.asked.length,
    newIds: isNew(kept, given),
    windows: await lookAtWindows(found, given.progress),
    workOrders: [],
    ordered: given.orders?.count ?? 0,
    evidence: undefined,
  };
}

async function forget(operator: Operator, source: OperatorSource, given: Work): Promise<ForgetReport> {
  const { store, bucket } = operator;
  const { id } = source.settings;
  const { asked, options, orders, progress } = given;
  const newIds = isNew(await readForgotten(store, id), given);
  const place = {
    source: id,
    store,
    ledgers: createLedgerStore(store, Date.now),
    windowQueue: createSqsQueue(operator.aws.sqs, source.windowQueueUrl),
    reloads: source.settings.platform.delivery === 'batch',
    reason: options.reason ?? defaultReason,
    clock: Date.now,
  };
  const people = { ids: asked.map((one) => one.id), texts: textsOf(given) };
  const { windows, record } = await forgetPeople(place, people, progress);
  const before = (await record.update((found) => found)).workOrders.length;
  if (orders !== undefined) progress.text('filing work orders …');
  await orders?.file((order) =>
    record.update((found) => ({ ...found, workOrders: [...found.workOrders, order] })).then(() => undefined),
  );
  const isDone = windows.every(({ pending }) => pending.length === 0);
  const done = await record.update((found) => (isDone ? completed(found, Date.now()) : found));
  return {
    source: id,
    dryRun: false,
    ids: asked.length,
    newIds,
    windows,
    workOrders: done.workOrders.slice(before),
    ordered: orders?.count ?? 0,
    evidence: `s3://${bucket}/${record.key}`,
  };
}

function completed(record: ForgetRecord, nowMs: number): ForgetRecord {
  return { ...record, completedAt: new Date(nowMs).toISOString() };
}
