import { type JsonDialect, jsonReply, prepareJson } from '../json-protocol.ts';
import type { Service } from '../operation.ts';
import { secretOperations } from './secret-operations.ts';
import { openSecretStore } from './secret-store.ts';
import { valueOperations } from './value-operations.ts';

/** Errors that Secrets Manager names otherwise than SQS. */
const ownNames: Readonly<Record<string, string>> = {
  InvalidParameterValue: 'InvalidParameterException',
  MissingParameter: 'InvalidParameterException',
};

/** Secrets Manager on a folder. */
export async function openSecrets(folder: string): Promise<Service> {
  const store = await openSecretStore(folder);
  const dialect: JsonDialect = {
    service: 'secretsmanager',
    contentType: 'application/x-amz-json-1.1',
    subjects: ['SecretId', 'Name'],
    operations: { ...secretOperations(store), ...valueOperations(store) },
  };
  return {
    prepare: (request) => prepareJson(request, dialect),
    refuse: (error) =>
      jsonReply(error.status, dialect, {
        __type: ownNames[error.code] ?? error.code,
        // Both spellings: the SDKs of different ages read one or the other.
        message: error.message,
        Message: error.message,
      }),
    // No file stays open between requests.
    close: async () => {},
  };
}
