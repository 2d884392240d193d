import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { chooseCredentials } from '../../bin/local/credentials.ts';
import { lockData } from '../../bin/local/data-lock.ts';
import { localConfig } from '../../bin/local/local-config.ts';
import { localOutputsFile } from '../../bin/local/local-files.ts';
import { chooseWork, parseLocalOptions } from '../../bin/local/local-options.ts';
import { openLocal } from '../../bin/local/open-local.ts';
import { readStack } from '../../bin/local/template-schema.ts';
import { runStatus } from '../../bin/status/run-status.ts';
import { type MetricLine, metricLineSchema } from './metric-lines.ts';
import { recordOutput } from './recorded-output.ts';

const outputsSchema = z.record(z.string(), z.record(z.string(), z.string()));
const logLine = z.looseObject({ message: z.string(), pid: z.number().optional() });

/** A line of a function's log. */
export interface SaidLine extends z.output<typeof logLine> {
  readonly functionName: string;
}

/**
 * A local connector in this process, as `connector local` opens it: the synthesised stack with the bundled functions in
 * processes of their own. It polls once `connector.host.start` is called.
 *
 * @param options of `connector local`.
 * @param concurrency how many functions the account may run at once.
 */
export async function openLocalWorld(options: Readonly<Record<string, string>>, concurrency: number) {
  const dir = mkdtempSync(join(tmpdir(), 'connector-world-'));
  const parsed = parseLocalOptions(options);
  const work = chooseWork(parsed, undefined);
  const config = localConfig(parsed, work);
  const lock = await lockData(dir);
  const metrics: MetricLine[] = [];
  const said: SaidLine[] = [];
  const listeners = new Set<(line: SaidLine) => void>();
  // The middle of a period, on a day of its own: nothing here goes by the machine's clock.
  let nowMs = Date.parse('2026-03-09T04:02:30Z');
  const connector = await openLocal({
    options: parsed,
    work,
    config,
    credentials: chooseCredentials(parsed, {}),
    dataDir: dir,
    limits: { concurrency, clock: () => nowMs },
    onServers: ({ all, aws }) => lock.noteServers(all, aws.url),
    onFunctionLine(functionName, line) {
      const parsedLine: unknown = line.startsWith('{') ? JSON.parse(line) : undefined;
      const metric = metricLineSchema.safeParse(parsedLine);
      if (metric.success) metrics.push(metric.data);
      const entry = logLine.safeParse(parsedLine);
      if (!entry.success) return;
      const saidLine = { ...entry.data, functionName };
      said.push(saidLine);
      for (const listener of listeners) listener(saidLine);
    },
  });
  const urls = outputsSchema.parse(JSON.parse(readFileSync(localOutputsFile(dir), 'utf8')))[config.stackName];
  return {
    connector,
    /** As it runs, not as it would be synthesised again. */
    template: readStack(join(dir, 'cdk.out'), config.stackName).template,
    urls: urls ?? {},
    /** What functions and host have measured so far. */
    metrics,
    said,
    /** Puts the clock forward by which Lambda's metrics are dated. */
    pass(ms: number) {
      nowMs += ms;
    },
    /** Kills the process that was last started for a function. */
    kill(functionName: string) {
      const pid = said.findLast((line) => line.functionName === functionName && line.pid)?.pid;
      if (pid === undefined) throw new Error(`no process was started for ${functionName}`);
      process.kill(pid, 'SIGKILL');
    },
    listen(listener: (line: SaidLine) => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async send(output: string, body: object) {
      const QueueUrl = urls?.[output];
      await connector.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(body) }));
    },
    async status(): Promise<string> {
      const recorded = recordOutput();
      await runStatus({ data: dir }, recorded.output, new AbortController().signal);
      return recorded.text();
    },
    /** @throws when it takes longer than half a minute. */
    async until(what: string, condition: () => boolean | Promise<boolean>) {
      for (let tries = 0; !(await condition()); tries += 1) {
        if (tries > 600) throw new Error(`waited in vain until ${what}; said: ${JSON.stringify(said)}`);
        await sleep(50);
      }
    },
    async close() {
      await connector.host.stop(0);
      await connector.servers.stop();
      lock.release();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export type LocalWorld = Awaited<ReturnType<typeof openLocalWorld>>;
