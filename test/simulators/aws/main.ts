import { parseArgs } from 'node:util';
import { type RunningAws, startAws } from './server.ts';

/** `tsx main.ts --data DIR [--port N]`: the embedded AWS as a process of its own. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { data: { type: 'string' }, port: { type: 'string' } } });
  const port = Number(values.port ?? '0');
  if (values.data === undefined || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error('usage: main.ts --data DIR [--port 0-65535]');
  let running: RunningAws | undefined;
  const end = () => {
    if (running === undefined) process.exit(0);
    else void running.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  // A parent that holds an IPC channel and dies closes it: nobody would end this process then.
  process.once('disconnect', end);
  const aws = await startAws({ dataDir: values.data, port });
  running = aws;
  process.stdout.write(`${JSON.stringify({ ready: true, url: aws.url })}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
