import * as z from 'zod';

/** What the secret of a source that hashes properties holds. */
export const privacySecretSchema = z.object(
  { key: z.string('must be filled').min(1, 'must be filled') },
  'must be a JSON object with key',
);
