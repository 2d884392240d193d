import type { ConnectorConfig } from './config.ts';

/** The ids that setup finds or makes, as connector.config.example.json has them. */
export const exampleIds = {
  datasetId: '000000000000000000000000',
  schemaId: 'https://ns.adobe.com/yourtenant/schemas/00000000000000000000000000000000',
  tenant: 'yourtenant',
} as const;

/** Stands for the inlet of a source that is to be streamed, before setup has made it. */
export const exampleInletUrl = 'https://dcs.adobedc.net/collection/00000000';

/** Values of connector.config.example.json that belong to nobody. */
const exampleValues: ReadonlySet<string> = new Set([
  '999999999',
  '000000000000000000000000@AdobeOrg',
  ...Object.values(exampleIds),
  exampleInletUrl,
]);

/** Whether nobody has filled this in yet. */
export function isExampleValue(value: string): boolean {
  return exampleValues.has(value);
}

/** Paths that still hold a value of the example. */
export function placeholdersIn(config: ConnectorConfig): string[] {
  return config.sources.flatMap((source, index) => {
    const { projectId } = source.mixpanel;
    const { orgId, datasetId, schemaId, tenant, inletUrl = '' } = source.platform;
    const values = {
      'mixpanel.projectId': projectId,
      'platform.orgId': orgId,
      'platform.datasetId': datasetId,
      'platform.schemaId': schemaId,
      'platform.tenant': tenant,
      'platform.inletUrl': inletUrl,
    };
    return Object.entries(values)
      .filter(([, value]) => isExampleValue(value))
      .map(([path]) => `sources[${index}].${path}`);
  });
}
