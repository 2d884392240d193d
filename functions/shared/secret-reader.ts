import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { z } from 'zod';
import { ConfigError, RetryableError } from './errors.ts';
import { parseJsonWith } from './parse.ts';

/** A secret's value, read when first needed and kept in memory. */
export interface SecretReader<Value> {
  /** The value in memory; read from the store the first time. */
  get(): Promise<Value>;
  /** Reads the store again: after a vendor refused the value, which may have been rotated. */
  refresh(): Promise<Value>;
}

/**
 * @throws {ConfigError} when the secret has no value yet or lacks a field: names the secret and the field, no value.
 * @throws {RetryableError} when Secrets Manager can't be reached.
 */
export function createSecretReader<Schema extends z.ZodType>(
  client: SecretsManagerClient,
  secretId: string,
  schema: Schema,
): SecretReader<z.output<Schema>> {
  let cached: Promise<z.output<Schema>> | undefined;

  const read = async () => {
    const what = `reading the secret ${secretId}`;
    const text = await fetchText(client, secretId, what);
    if (text === undefined)
      throw new ConfigError(what, ['it has no value yet; fill it as README, "Credentials" shows']);
    return parseJsonWith(schema, text, what, { hideValues: true });
  };
  const refresh = () => {
    const pending = read();
    cached = pending;
    // A failed read is not kept: the next call asks again, so that filling a secret needs no restart.
    pending.catch(() => {
      if (cached === pending) cached = undefined;
    });
    return pending;
  };
  return { get: () => cached ?? refresh(), refresh };
}

async function fetchText(
  client: SecretsManagerClient,
  secretId: string,
  what: string,
): Promise<string | undefined> {
  try {
    const secret = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
    if (secret.SecretString === undefined && secret.SecretBinary !== undefined)
      throw new ConfigError(what, [
        '(root): found bytes; allowed is text, one JSON object (--secret-string)',
      ]);
    return secret.SecretString;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw new RetryableError('secret_unreadable', what, { cause: error });
  }
}
