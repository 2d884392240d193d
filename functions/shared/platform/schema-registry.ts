import * as z from 'zod';
import { parseAnswer } from '../vendor-request.ts';
import type { PlatformClient } from './platform-client.ts';

/** Where the Schema Registry is, below Platform's base URL. */
export const schemaRegistryPath = '/data/foundation/schemaregistry';

/** The form of a schema with every reference resolved and fields named as rows name them. */
const fullForm = 'application/vnd.adobe.xed-full+json; version=1';

const fullSchemaSchema = z.looseObject({ $id: z.string().min(1) });

/** A schema in its full form: a JSON Schema document. What its keywords say is read by `readTargetSchema`. */
export type FullSchema = z.output<typeof fullSchemaSchema>;

/** The Schema Registry, as far as the connector reads it. Errors as `PlatformClient.send`. */
export interface SchemaRegistry {
  /**
   * A schema of the tenant's in its full form, or undefined when the registry doesn't know it.
   *
   * @param schemaId its `$id` or `meta:altId`.
   * @throws {RetryableError} `answer_unclear` when the answer is no schema.
   */
  readFullSchema(schemaId: string, signal?: AbortSignal): Promise<FullSchema | undefined>;
}

export function createSchemaRegistry(client: PlatformClient): SchemaRegistry {
  return {
    async readFullSchema(schemaId, signal) {
      const answer = await client.send({
        act: 'reading the schema from the Schema Registry',
        method: 'GET',
        path: `${schemaRegistryPath}/tenant/schemas/${encodeURIComponent(schemaId)}`,
        headers: { accept: fullForm },
        expect: [404],
        ...(signal === undefined ? {} : { signal }),
      });
      if (answer.status === 404) return undefined;
      return parseAnswer(fullSchemaSchema, answer.text, 'reading the schema');
    },
  };
}
