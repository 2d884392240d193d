import { ConfigError, describeError, TerminalError } from '../../functions/shared/errors.ts';

const what = 'calling AWS';

/** What AWS, or its SDK, says when nobody is logged in, or no longer. */
const credentialNames: ReadonlySet<string> = new Set([
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'SignatureDoesNotMatch',
  'TokenProviderError',
  'UnrecognizedClientException',
]);
const deniedNames: ReadonlySet<string> = new Set(['AccessDenied', 'AccessDeniedException']);

/**
 * Turns what AWS and its SDK throw into what to do about it; anything else is returned as it is.
 *
 * @param sharedDir the data directory of the local connector whose embedded AWS was asked, while that runs.
 */
export function explainAwsFailure(error: unknown, sharedDir?: string): unknown {
  if (!(error instanceof Error)) return error;
  if (sharedDir !== undefined && hasCode(error, 'ECONNREFUSED', 'ECONNRESET', 'EPIPE')) {
    const text = `the connector local that works on ${sharedDir} has ended, and with it the embedded AWS that this command used; call it again`;
    return new TerminalError('aws_unreachable', text, { cause: error });
  }
  if (/Region is missing|Region not accepted/.test(error.message)) {
    return refusal('no region is known: give --region, or set AWS_REGION or a region in your profile', error);
  }
  if (credentialNames.has(error.name)) {
    const text = `${describeError(error)}; log in to AWS, or name another profile with --profile`;
    return refusal(text, error);
  }
  if (deniedNames.has(error.name)) {
    const text = `${what}: ${describeError(error)}; your AWS identity needs this right on the connector's stack`;
    return new TerminalError('aws_denied', text, { cause: error });
  }
  if (error.name === 'TimeoutError' || hasCode(error, 'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN')) {
    const text = `${what}: no answer; is the network, the region or AWS_ENDPOINT_URL right?`;
    return new TerminalError('aws_unreachable', text, { cause: error });
  }
  return error;
}

function refusal(problem: string, cause: Error): ConfigError {
  return new ConfigError(what, [problem], { cause });
}

function hasCode(error: Error, ...codes: readonly string[]): boolean {
  return 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}
