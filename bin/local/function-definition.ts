/** What the synthesized template says of one Lambda function, every intrinsic resolved. */
export interface FunctionDefinition {
  readonly logicalId: string;
  /** Short name for logs and folders: `shop-export-window` of a logical id that CDK made long. */
  readonly name: string;
  readonly codeDir: string;
  /** @example index.handler */
  readonly handler: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly jsonLogs: boolean;
  /** Where an event goes that nobody waited for, and that failed for good. */
  readonly deadLetterQueueUrl?: string;
}

/** What the template says of one event source mapping. */
export interface QueueMapping {
  readonly functionId: string;
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly batchSize: number;
  readonly maxConcurrency: number;
  readonly reportsItemFailures: boolean;
}

/** How functions reach the embedded AWS. */
export interface AwsTarget {
  readonly endpoint: string;
  readonly region: string;
}

/** The embedded AWS checks no signature, but, as AWS does, it refuses a request that has none. */
export const localCredentials = {
  accessKeyId: 'AKIALOCALLOCALLOCAL0',
  secretAccessKey: 'local-secret-access-key',
  sessionToken: 'local-session-token',
} as const;

export const localAccount = '000000000000';
export const localRegion = 'us-east-1';
