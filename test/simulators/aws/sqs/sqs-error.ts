import { ApiError } from '../api-error.ts';

/**
 * SQS's errors: the JSON protocol's shape, and the older protocol's code where that differs, which goes in a header and
 * is what long-lived clients still look at.
 */
const queryCodes: Readonly<Record<string, string>> = {
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
  QueueNameExists: 'QueueAlreadyExists',
  EmptyBatchRequest: 'AWS.SimpleQueueService.EmptyBatchRequest',
  TooManyEntriesInBatchRequest: 'AWS.SimpleQueueService.TooManyEntriesInBatchRequest',
  BatchEntryIdsNotDistinct: 'AWS.SimpleQueueService.BatchEntryIdsNotDistinct',
  InvalidBatchEntryId: 'AWS.SimpleQueueService.InvalidBatchEntryId',
  BatchRequestTooLong: 'AWS.SimpleQueueService.BatchRequestTooLong',
  PurgeQueueInProgress: 'AWS.SimpleQueueService.PurgeQueueInProgress',
  MessageNotInflight: 'AWS.SimpleQueueService.MessageNotInflight',
  UnsupportedOperation: 'AWS.SimpleQueueService.UnsupportedOperation',
};

/** Errors that belong to all of AWS's services and not to SQS's own model. */
const generalTypes: Readonly<Record<string, string>> = {
  InvalidParameterValue: 'com.amazon.coral.service#InvalidParameterValueException',
  MissingParameter: 'com.amazon.coral.service#MissingRequiredParameterException',
  SerializationException: 'com.amazon.coral.service#SerializationException',
  MissingAuthenticationTokenException: 'com.amazon.coral.service#MissingAuthenticationTokenException',
};

/** The code as the query protocol and batch entries spell it. */
export function queryCode(error: ApiError): string {
  return queryCodes[error.code] ?? error.code;
}

/** The type as the JSON body spells it. */
export function jsonType(error: ApiError): string {
  return generalTypes[error.code] ?? `com.amazonaws.sqs#${error.code}`;
}

/** A refusal of SQS's own; all of them are the client's doing. */
export function sqsError(code: string, message: string): ApiError {
  return new ApiError(400, code, message);
}

/** For any member that is present and wrong. */
export function invalidParameter(message: string): ApiError {
  return sqsError('InvalidParameterValue', message);
}
