import type { ObjectStore } from '../../functions/shared/object-store.ts';
import type { PlatformClient } from '../../functions/shared/platform/platform-client.ts';
import { createSchemaRegistry } from '../../functions/shared/platform/schema-registry.ts';
import { createSchemaKeeper, type RefreshedSchema } from '../../functions/shared/stored-schema.ts';
import { silentLog } from './silent-log.ts';

export interface SchemaPlace {
  readonly client: PlatformClient;
  readonly store: ObjectStore;
  readonly source: string;
  readonly schemaId: string;
}

/** Has deliveries go by the schema that the registry has now. @throws as `SchemaKeeper.refresh` */
export function refreshSchema({ client, ...place }: SchemaPlace): Promise<RefreshedSchema | undefined> {
  const registry = createSchemaRegistry(client);
  return createSchemaKeeper({ ...place, registry, clock: Date.now, log: silentLog }).refresh();
}
