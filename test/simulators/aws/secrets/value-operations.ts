import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { ApiError } from '../api-error.ts';
import { jsonOperation } from '../json-protocol.ts';
import { addVersion, current, type Secret, type SecretVersion } from './secret-record.ts';
import { markedForDeletion, type SecretStore } from './secret-store.ts';

/** Secrets Manager's limit for a value: 64 KiB. */
const maxValueBytes = 65_536;

/** The members that carry a value; what is absent makes no value. */
export const valueInput = {
  ClientRequestToken: z.string().min(32).max(64).optional(),
  SecretString: z.string().optional(),
  SecretBinary: z.string().optional(),
};

/** A request, as far as its value goes. */
export interface ValueInput {
  readonly ClientRequestToken?: string | undefined;
  readonly SecretString?: string | undefined;
  readonly SecretBinary?: string | undefined;
}

const putSchema = z.strictObject({
  SecretId: z.string(),
  ...valueInput,
  VersionStages: z.array(z.string()).min(1).max(20).default([current]),
});
const getSchema = z.strictObject({
  SecretId: z.string(),
  VersionId: z.string().optional(),
  VersionStage: z.string().optional(),
});

/** GetSecretValue and PutSecretValue. */
export function valueOperations(store: SecretStore) {
  return {
    PutSecretValue: jsonOperation(putSchema, async (input, { region }) => {
      const version = newVersion(input, input.VersionStages);
      if (version === undefined) throw invalid('You must provide either SecretString or SecretBinary.');
      const secret = await store.change(region, input.SecretId, (present) => withVersion(present, version));
      const { id, stages } = demandVersion(secret, ({ id }) => id === version.id, version.id);
      return { ARN: secret.arn, Name: secret.name, VersionId: id, VersionStages: stages };
    }),
    GetSecretValue: jsonOperation(getSchema, async ({ SecretId, VersionId, VersionStage }, { region }) => {
      const secret = await store.demand(region, SecretId);
      if (secret.deletedAt !== undefined) throw markedForDeletion();
      const stage = VersionStage ?? (VersionId === undefined ? current : undefined);
      const version = demandVersion(
        secret,
        ({ id, stages }) =>
          (VersionId === undefined || id === VersionId) && (stage === undefined || stages.includes(stage)),
        stage === undefined ? `VersionId: ${VersionId}` : `staging label: ${stage}`,
      );
      return {
        ARN: secret.arn,
        Name: secret.name,
        VersionId: version.id,
        VersionStages: version.stages,
        SecretString: version.text,
        SecretBinary: version.binary,
        CreatedDate: version.createdAt / 1000,
      };
    }),
  };
}

/** The value in a request as a version; undefined when there is none. @throws {ApiError} for two, or too long a one. */
export function newVersion(input: ValueInput, stages: string[]): SecretVersion | undefined {
  const { SecretString: text, SecretBinary: binary } = input;
  if (text === undefined && binary === undefined) return undefined;
  if (text !== undefined && binary !== undefined)
    throw invalid(
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  const bytes = text === undefined ? Buffer.from(binary ?? '', 'base64').length : Buffer.byteLength(text);
  if (bytes > maxValueBytes) throw invalid(`The secret value can't be longer than ${maxValueBytes} bytes.`);
  return {
    id: input.ClientRequestToken ?? randomUUID(),
    createdAt: Date.now(),
    stages,
    ...(text === undefined ? {} : { text }),
    ...(binary === undefined ? {} : { binary }),
  };
}

/** Adds a version, once: the same token with the same value changes nothing. @throws {ApiError} for another value. */
export function withVersion(secret: Secret, version: SecretVersion): Secret {
  const before = secret.versions.find(({ id }) => id === version.id);
  if (before === undefined) return addVersion(secret, version);
  if (before.text !== version.text || before.binary !== version.binary)
    throw new ApiError(
      400,
      'ResourceExistsException',
      "You can't use this ClientRequestToken because another version of the secret already exists with it.",
    );
  return secret;
}

function demandVersion(
  secret: Secret,
  fits: (version: SecretVersion) => boolean,
  what: string,
): SecretVersion {
  const found = secret.versions.find(fits);
  if (found === undefined)
    throw new ApiError(
      400,
      'ResourceNotFoundException',
      `Secrets Manager can't find the specified secret value for ${what}`,
    );
  return found;
}

/** InvalidParameterException. */
export function invalid(message: string): ApiError {
  return new ApiError(400, 'InvalidParameterException', message);
}
