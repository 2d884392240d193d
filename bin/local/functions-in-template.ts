import { ConfigError } from '../../functions/shared/errors.ts';
import { parseWith } from '../../functions/shared/parse.ts';
import type { FunctionDefinition, QueueMapping } from './function-definition.ts';
import { resourcesOf } from './provision-stack.ts';
import { type ResolveScope, resolveText } from './resolve-intrinsics.ts';
import { functionProperties, mappingProperties, type SynthesizedStack } from './template-schema.ts';

/** Lambda allows 1000 at once, and begins with five for a queue; a mapping without a limit gets those. */
const defaultConcurrency = 5;

/** The stack's functions, with the environment that the template gives each. */
export function functionsOf(stack: SynthesizedStack, scope: ResolveScope): FunctionDefinition[] {
  const functions = resourcesOf(stack, 'AWS::Lambda::Function');
  const names = functions.map(({ logicalId }) => shortName(logicalId));
  const queueOf = queuesByArn(stack, scope);
  return functions.map(({ logicalId, properties }, index) => {
    const parsed = parseWith(functionProperties, properties, `reading ${logicalId} of the template`);
    const short = names[index] ?? logicalId;
    const deadLetters = parsed.DeadLetterConfig?.TargetArn;
    return {
      logicalId,
      name: names.indexOf(short) === names.lastIndexOf(short) ? short : logicalId,
      codeDir: stack.assetDir(parsed.Code.S3Key),
      handler: parsed.Handler,
      timeoutMs: parsed.Timeout * 1000,
      memoryMb: parsed.MemorySize,
      variables: Object.fromEntries(
        Object.entries(parsed.Environment.Variables).map(([name, value]) => [
          name,
          resolveText(value, scope, `${logicalId}.Environment.${name}`),
        ]),
      ),
      jsonLogs: parsed.LoggingConfig?.LogFormat === 'JSON',
      ...(deadLetters === undefined
        ? {}
        : { deadLetterQueueUrl: queueOf(deadLetters, `${logicalId}.DeadLetterConfig.TargetArn`).url }),
    };
  });
}

/** The stack's event source mappings that are switched on. */
export function mappingsOf(stack: SynthesizedStack, scope: ResolveScope): QueueMapping[] {
  const queueOf = queuesByArn(stack, scope);
  return resourcesOf(stack, 'AWS::Lambda::EventSourceMapping').flatMap(({ logicalId, properties }) => {
    const parsed = parseWith(mappingProperties, properties, `reading ${logicalId} of the template`);
    if (!parsed.Enabled) return [];
    const queue = queueOf(parsed.EventSourceArn, `${logicalId}.EventSourceArn`);
    return [
      {
        functionId: resolveText(parsed.FunctionName, scope, `${logicalId}.FunctionName`),
        queueUrl: queue.url,
        queueArn: queue.arn,
        batchSize: parsed.BatchSize,
        maxConcurrency: parsed.ScalingConfig?.MaximumConcurrency ?? defaultConcurrency,
        reportsItemFailures: parsed.FunctionResponseTypes.includes('ReportBatchItemFailures'),
      },
    ];
  });
}

/** Finds a queue of the template by its ARN. */
function queuesByArn(stack: SynthesizedStack, scope: ResolveScope) {
  const queues = resourcesOf(stack, 'AWS::SQS::Queue').map(({ logicalId }) => ({
    arn: scope.attribute(logicalId, 'Arn'),
    url: scope.ref(logicalId),
  }));
  return (value: unknown, path: string) => {
    const arn = resolveText(value, scope, path);
    const url = queues.find((queue) => queue.arn === arn)?.url;
    if (url !== undefined) return { arn, url };
    throw new ConfigError('reading the synthesized template', [
      `${path}: ${arn} is no queue of the template`,
    ]);
  };
}

/**
 * A name for people, of a logical id that CDK made.
 *
 * @example shortName('ShopEuExportWindowFunction0A1B2C3D') === 'shop-eu-export-window'
 */
export function shortName(logicalId: string): string {
  return logicalId
    .replace(/[0-9A-F]{8}$/, '')
    .replace(/(Function)+$/, '')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase();
}
