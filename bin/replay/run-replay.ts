import * as z from 'zod';
import { timeSortedId } from '../../functions/shared/ids.ts';
import type { OneWindowMessage } from '../../functions/shared/messages.ts';
import { createSqsQueue } from '../../functions/shared/sqs-message-queue.ts';
import { exitCodes } from '../failure.ts';
import { type CommandOutput, jsonLine } from '../operator/command-output.ts';
import { dayOption, reasonOption } from '../operator/day-options.ts';
import { nextHint } from '../operator/next-command.ts';
import { oneSource } from '../operator/one-source.ts';
import { withOperator } from '../operator/open-operator.ts';
import { operatorOptions, refuseBesideData } from '../operator/operator-options.ts';
import { parseOptions } from '../option-problems.ts';

const replayOptionsSchema = z
  .strictObject({
    ...operatorOptions,
    dates: z
      .array(dayOption)
      .min(1, 'must be one day or more')
      .transform((dates) => [...new Set(dates)]),
    reload: z.boolean().default(false),
    reason: reasonOption,
  })
  .superRefine(refuseBesideData);

/**
 * Asks for windows again.
 *
 * @returns the exit code.
 * @throws {ConfigError} when the request is wrong; then nothing was asked for.
 */
export async function runReplay(given: unknown, output: CommandOutput): Promise<number> {
  const options = parseOptions(replayOptionsSchema, given, 'reading the options of connector replay');
  const { reload, reason } = options;
  const sent = await withOperator(options, async (operator) => {
    const source = oneSource(operator);
    const queue = createSqsQueue(operator.aws.sqs, source.windowQueueUrl);
    const requests: { source: string; date: string; reload: boolean; request: string }[] = [];
    for (const date of options.dates) {
      const request = timeSortedId(Date.now());
      const message: OneWindowMessage = {
        date,
        ...(reload ? { reload: true } : {}),
        ...(reason === undefined ? {} : { reason }),
      };
      await queue.send(message, { attributes: { request } });
      requests.push({ source: source.settings.id, date, reload, request });
    }
    return requests;
  });
  if (options.json) {
    output.write(jsonLine({ sent }));
    return exitCodes.done;
  }
  const what = reload ? 'to be mapped and delivered again' : 'to be exported and delivered again';
  for (const { source, date } of sent) output.write(`${source} ${date}: asked for, ${what}\n`);
  output.note(`See how it fares: connector status ${options.dates[0]}${nextHint(options)}\n`);
  return exitCodes.done;
}
