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

/** What keeps the outputs from being had: the stack, the file that was named, or an endpoint that can't be asked for them. */
export type OutputsFault = 'stack' | 'file' | 'endpoint';

/** The stack's outputs are not to be had, without which there is no connector to work on. */
export class OutputsError extends ConfigError {
  readonly fault: OutputsFault;

  constructor(fault: OutputsFault, ...error: ConstructorParameters<typeof ConfigError>) {
    super(...error);
    this.fault = fault;
  }
}

/** As `cdk deploy --outputs-file` writes it. */
const outputsFileSchema = z.record(z.string(), z.record(z.string(), z.string()));

/** Asks CloudFormation. @throws {OutputsError} when there is no such stack, or no CloudFormation. */
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
      throw new OutputsError('stack', `looking for the stack ${stackName}`, [
        'there is none in this account and region; deploy it (npx cdk deploy), or name another --region, --profile or --config',
      ]);
    }
    // Judged by status: emulators name the same error differently.
    if (error instanceof CloudFormationServiceException && error.$metadata.httpStatusCode === 501) {
      throw new OutputsError('endpoint', `looking for the stack ${stackName}`, [
        'this endpoint has no CloudFormation; give --outputs FILE, as cdk deploy --outputs-file writes it',
      ]);
    }
    throw error;
  }
}

/** Reads them from a file that `cdk deploy --outputs-file` wrote. @throws {OutputsError} */
export function readOutputs(file: string, stackName: string): StackOutputs {
  const what = `reading the stack's outputs ${file}`;
  const stacks = parseOutputs(readOutputsFile(file, what), what);
  const outputs = stacks[stackName];
  if (outputs !== undefined) return outputs;
  throw new OutputsError('file', what, [
    `it has no stack ${stackName}; it has ${Object.keys(stacks).join(', ') || 'none'}`,
  ]);
}

function readOutputsFile(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new OutputsError('file', what, ['there is no such file that can be read'], { cause });
  }
}

function parseOutputs(text: string, what: string): z.output<typeof outputsFileSchema> {
  try {
    return parseJsonWith(outputsFileSchema, text, what);
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    throw new OutputsError('file', what, cause.problems, { cause });
  }
}
