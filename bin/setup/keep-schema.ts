import { describeError } from '../../functions/shared/errors.ts';
import type { PlatformClient } from '../../functions/shared/platform/platform-client.ts';
import { withOperator } from '../operator/open-operator.ts';
import { refreshSchema } from '../operator/refresh-schema.ts';
import { OutputsError } from '../operator/stack-outputs.ts';
import type { SourceReport } from './set-up-source.ts';
import type { SetupOptions } from './setup-options.ts';
import type { StepKind } from './setup-step.ts';

/** What a schema consists of. */
const partsOfSchema: readonly StepKind[] = ['field group', 'fields', 'schema'];

/**
 * Keeps for deliveries a schema that was made or grown, where the source is deployed: the next delivery goes by it, and not
 * only the first of the next day.
 *
 * @returns what to say of it; undefined where there is nothing to keep, or no deployed source that can be reached.
 */
export async function keepSchema(
  options: SetupOptions,
  client: PlatformClient,
  { id, ids: { schemaId }, steps }: SourceReport,
): Promise<string | undefined> {
  const hasChanged = steps.some(({ kind, state }) => state === 'made' && partsOfSchema.includes(kind));
  if (!hasChanged || schemaId === undefined) return undefined;
  let isReached = false;
  try {
    return await withOperator({ ...options, source: id, data: undefined }, async ({ store }) => {
      isReached = true;
      const schema = await refreshSchema({ client, store, source: id, schemaId });
      return schema?.isKept === true ? `${id}: deliveries go by this schema from now on.\n` : undefined;
    });
  } catch (error) {
    // Before the first deployment, or without AWS, nobody expects a bucket: then the first delivery fetches the schema.
    // A file of outputs that was named is another matter: whoever names one has deployed.
    const isFileWrong = error instanceof OutputsError && error.fault === 'file';
    if (!isReached && !isFileWrong) return undefined;
    return `${id}: the schema could not be kept for deliveries, which go by it within a day: ${describeError(error)}\n`;
  }
}
