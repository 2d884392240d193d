import { readFileSync } from 'node:fs';
import {
  type CloudFormationClient,
  CloudFormationServiceException,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import * as z from 'zod';
import { ConfigError } from '../../functions/shared/errors.ts';
import { parseJsonWith } from '../../functions/shared/parse.ts';

/** A stack's outputs by name: README, "Deploy in five steps". */
export type StackOutputs = Readonly<Record<string, string>>;

/** As `cdk deploy --outputs-file` writes it. */
const outputsFileSchema = z.record(z.string(), z.record(z.string(), z.string()));

/** Asks CloudFormation. @throws {ConfigError} when there is no such stack. */
export async function describeOutputs(
  cloudformation: CloudFormationClient,
  stackName: string,
): Promise<StackOutputs> {
  try {
    const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName: stackName }));
    return Object.fromEntries(
      (Stacks?.[0]?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey ?? '', OutputValue ?? '']),
    );
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.name === 'ValidationError' && error.message.includes('does not exist')) {
      throw new ConfigError(`looking for the stack ${stackName}`, [
        'there is none in this account and region; deploy it (npx cdk deploy), or name another --region, --profile or --config',
      ]);
    }
    // Judged by status: emulators name the same error differently.
    if (error instanceof CloudFormationServiceException && error.$metadata.httpStatusCode === 501) {
      throw new ConfigError(`looking for the stack ${stackName}`, [
        'this endpoint has no CloudFormation; give --outputs FILE, as cdk deploy --outputs-file writes it',
      ]);
    }
    throw error;
  }
}

/** Reads them from a file that `cdk deploy --outputs-file` wrote. @throws {ConfigError} */
export function readOutputs(file: string, stackName: string): StackOutputs {
  const what = `reading the stack's outputs ${file}`;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigError(what, ['there is no such file that can be read'], { cause });
  }
  const stacks = parseJsonWith(outputsFileSchema, text, what);
  const outputs = stacks[stackName];
  if (outputs !== undefined) return outputs;
  throw new ConfigError(what, [
    `it has no stack ${stackName}; it has ${Object.keys(stacks).join(', ') || 'none'}`,
  ]);
}
