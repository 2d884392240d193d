import { ConfigError } from '../../functions/shared/errors.ts';
import { parseWith } from '../../functions/shared/parse.ts';
import { localAccount, localRegion } from './function-definition.ts';
import {
  type LocalAws,
  type Provisioned,
  provisionBucket,
  provisionQueue,
  provisionSecret,
  setRedrive,
} from './provision-resource.ts';
import { type ResolveScope, resolveText } from './resolve-intrinsics.ts';
import { queueProperties, type SynthesizedStack, secretProperties } from './template-schema.ts';

/**
 * Makes in the embedded AWS what a template declares and the functions use: buckets, queues, secrets. What exists
 * already is kept with its content, so that a second start goes on where the first one ended.
 *
 * @returns how names in the template resolve from now on.
 */
export async function provisionStack(stack: SynthesizedStack, aws: LocalAws): Promise<ResolveScope> {
  const made = new Map<string, Provisioned>();
  const scope = resolveScope(stack, made);
  const named = (logicalId: string, name: unknown) =>
    name === undefined ? defaultName(stack.name, logicalId) : resolveText(name, scope, logicalId);

  const queues = resourcesOf(stack, 'AWS::SQS::Queue').map(({ logicalId, properties }) => ({
    logicalId,
    properties: parseWith(queueProperties, properties, `reading ${logicalId} of the template`),
  }));
  for (const { logicalId, properties } of resourcesOf(stack, 'AWS::S3::Bucket')) {
    // Bucket names are lower case, 63 characters at most.
    const name = named(logicalId, properties.BucketName).toLowerCase().slice(0, 63);
    made.set(logicalId, await provisionBucket(aws, name));
  }
  for (const { logicalId, properties } of queues) {
    made.set(logicalId, await provisionQueue(aws, named(logicalId, properties.QueueName), properties));
  }
  // Only now: a queue may stand in the template before the dead-letter queue that it names.
  for (const { logicalId, properties } of queues) {
    const redrive = properties.RedrivePolicy;
    const url = made.get(logicalId)?.ref;
    if (redrive === undefined || url === undefined) continue;
    const arn = resolveText(redrive.deadLetterTargetArn, scope, `${logicalId}.RedrivePolicy`);
    await setRedrive(aws, url, { deadLetterTargetArn: arn, maxReceiveCount: redrive.maxReceiveCount });
  }
  for (const { logicalId, properties } of resourcesOf(stack, 'AWS::SecretsManager::Secret')) {
    const parsed = parseWith(secretProperties, properties, `reading ${logicalId} of the template`);
    const text =
      parsed.SecretString === undefined ? undefined : resolveText(parsed.SecretString, scope, logicalId);
    made.set(logicalId, await provisionSecret(aws, named(logicalId, parsed.Name), text, parsed));
  }
  return scope;
}

/** Every resource of a type, in the template's order. */
export function resourcesOf(stack: SynthesizedStack, type: string) {
  return Object.entries(stack.template.Resources).flatMap(([logicalId, resource]) =>
    resource.Type === type ? [{ logicalId, properties: resource.Properties }] : [],
  );
}

/** The stack's outputs, those aside that name what is not made here: the alarms' topic, the dashboard. */
export function outputsOf(stack: SynthesizedStack, scope: ResolveScope): Record<string, string> {
  return Object.fromEntries(
    Object.entries(stack.template.Outputs).flatMap(([name, { Value }]) => {
      try {
        return [[name, resolveText(Value, scope, `Outputs.${name}`)]];
      } catch (error) {
        if (error instanceof ConfigError) return [];
        throw error;
      }
    }),
  );
}

function resolveScope(stack: SynthesizedStack, made: ReadonlyMap<string, Provisioned>): ResolveScope {
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::Region': localRegion,
    'AWS::AccountId': localAccount,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': stack.name,
    'AWS::StackId': `arn:aws:cloudformation:${localRegion}:${localAccount}:stack/${stack.name}/local`,
  };
  return {
    ref: (name) =>
      pseudo[name] ??
      made.get(name)?.ref ??
      stack.template.Parameters[name]?.Default ??
      // A function's physical name plays no part here: its logical id is as good, and unique.
      (stack.template.Resources[name]?.Type === 'AWS::Lambda::Function' ? name : undefined),
    attribute: (logicalId, attribute) => made.get(logicalId)?.attributes[attribute],
  };
}

/** As CloudFormation does, from the stack's name and the logical id, but the same at every start. */
function defaultName(stackName: string, logicalId: string): string {
  // SQS allows 80 characters, the least of those that get such a name. The end keeps CDK's hash.
  const name = `${stackName}-${logicalId}`;
  if (name.length <= 80) return name;
  if (logicalId.length > 80)
    throw new ConfigError('reading the synthesized template', [`${logicalId}: too long`]);
  return name.slice(-80).replace(/^-+/, '');
}
