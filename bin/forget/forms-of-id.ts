import { ConfigError } from '../../functions/shared/errors.ts';
import { personProperties, plainId, prefixedId } from '../../functions/shared/person-ids.ts';
import { createTextHash } from '../../functions/shared/privacy.ts';
import { privacySecretSchema } from '../../functions/shared/privacy-secret.ts';
import { createSecretReader } from '../../functions/shared/secret-reader.ts';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import type { OperatorAws } from '../operator/aws-access.ts';
import type { OperatorSource } from '../operator/open-operator.ts';

/** Gives the texts under which an id stands in the archive and in Platform. */
export type FormsOfId = (id: string) => readonly string[];

/**
 * An id stands as it is or as a device's, and as the hash of either where the source hashes an id.
 *
 * @throws {ConfigError} where it does and its key can't be read.
 */
export async function openFormsOfId(
  { settings, privacySecretId }: OperatorSource,
  { secrets }: Pick<OperatorAws, 'secrets'>,
): Promise<FormsOfId> {
  const clear: FormsOfId = (id) => [plainId(id), prefixedId(id)];
  if (!hashesIds(settings)) return clear;
  const { key } = await createSecretReader(secrets, privacySecretId, privacySecretSchema).get();
  const hashText = createTextHash(key);
  return (id) => [...clear(id), ...clear(id).map((form) => hashText(form))];
}

function hashesIds({ privacy }: SourceSettings): boolean {
  const isId = (name: string) => name === 'alias' || personProperties.some((known) => known === name);
  if (privacy.hash.includes('$distinct_ids')) {
    throw new ConfigError('preparing to forget', [
      'privacy.hash: $distinct_ids is hashed as a whole list, in which nobody can be found; drop it instead',
    ]);
  }
  return privacy.hash.some(isId);
}
