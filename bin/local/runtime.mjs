// Plays the part of Lambda's Node runtime inside an execution environment: loads one bundle and calls its handler
// for each invocation that the host sends. Plain JavaScript: the process must start as fast as Lambda's does, and
// nothing of the host's own tools may leak into the function.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

// The host is gone, however it went: nobody would take the answer, and the next host starts its own environments.
process.on('disconnect', () => process.exit(0));

const root = process.env.LAMBDA_TASK_ROOT;
const [moduleName, exportName] = process.env._HANDLER.split('.');

if (process.argv[2] === 'report-memory') {
  setInterval(() => {
    // maxRSS is in KiB on every platform.
    process.send({
      type: 'memory',
      bytes: process.memoryUsage.rss(),
      peakBytes: process.resourceUsage().maxRSS * 1024,
    });
  }, 250).unref();
}

const describe = (error) =>
  error instanceof Error
    ? { type: 'error', name: error.name, message: error.message, stack: error.stack }
    : { type: 'error', name: 'Error', message: String(error) };

async function loadHandler() {
  const file = ['.mjs', '.js'].map((extension) => join(root, moduleName + extension)).find(existsSync);
  if (file === undefined) throw new Error(`there is no ${moduleName}.mjs or ${moduleName}.js in ${root}`);
  const handler = (await import(pathToFileURL(file).href))[exportName];
  if (typeof handler !== 'function') throw new Error(`${file} exports no function named ${exportName}`);
  return handler;
}

function invocationContext({ requestId, deadlineMs }) {
  const { AWS_LAMBDA_FUNCTION_NAME: functionName, AWS_REGION: region } = process.env;
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: `arn:aws:lambda:${region}:000000000000:function:${functionName}`,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    awsRequestId: requestId,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

try {
  const handler = await loadHandler();
  process.on('message', async (invocation) => {
    try {
      const response = await handler(invocation.event, invocationContext(invocation));
      process.send({ type: 'response', requestId: invocation.requestId, response: response ?? null });
    } catch (error) {
      process.send({ ...describe(error), requestId: invocation.requestId });
    }
  });
  process.send({ type: 'ready' });
} catch (error) {
  process.send({ ...describe(error), requestId: null }, () => process.exit(1));
}
