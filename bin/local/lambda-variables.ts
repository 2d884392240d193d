import { type AwsTarget, type FunctionDefinition, localCredentials } from './function-definition.ts';

/**
 * The whole environment of a function's process: what the template gives the function, what Lambda adds, and the
 * endpoint. Nothing of the user's own environment but PATH reaches it, so that what runs here is what is deployed.
 *
 * @param temporaryDir the environment's own /tmp: in Lambda no two environments share one.
 */
export function lambdaVariables(
  definition: FunctionDefinition,
  aws: AwsTarget,
  temporaryDir: string,
): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    TMPDIR: temporaryDir,
    LANG: 'en_US.UTF-8',
    TZ: 'UTC',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_REGION: aws.region,
    AWS_DEFAULT_REGION: aws.region,
    AWS_LAMBDA_FUNCTION_NAME: definition.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(definition.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${definition.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    ...(definition.jsonLogs ? { AWS_LAMBDA_LOG_FORMAT: 'JSON', AWS_LAMBDA_LOG_LEVEL: 'INFO' } : {}),
    LAMBDA_TASK_ROOT: definition.codeDir,
    _HANDLER: definition.handler,
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    AWS_SESSION_TOKEN: localCredentials.sessionToken,
    AWS_ENDPOINT_URL: aws.endpoint,
    ...definition.variables,
  };
}
