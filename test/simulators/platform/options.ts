import type { BadDay } from './faults.ts';

/** How the simulator behaves. Everything has a default; `localPlatform` is what the local set-up uses. */
export interface PlatformOptions {
  /** Where batches, rows and documents are kept; a second start with it continues where the first ended. */
  readonly dataDir: string;
  /** @default 0: any free port */
  readonly port?: number | undefined;
  /** From COMPLETE to success. @default 1500 */
  readonly processingMs?: number | undefined;
  readonly orgId?: string | undefined;
  /** @default ['prod'] */
  readonly sandboxes?: readonly string[] | undefined;
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
  /** @default 86399, as Adobe's own answer says */
  readonly tokenTtlSeconds?: number | undefined;
  readonly tenant?: string | undefined;
  /** Datasets of that schema that stand ready. @default one, `localPlatform.datasetId` */
  readonly datasetIds?: readonly string[] | undefined;
  readonly schemaId?: string | undefined;
  readonly inletId?: string | undefined;
  /** Whether schema, dataset, namespaces and inlet stand ready at the first start. @default true */
  readonly provision?: boolean | undefined;
  /** Documents are silent on fields that the schema does not have; streaming refuses them. @default 'refuse' */
  readonly extraneousFields?: 'refuse' | 'drop' | undefined;
  /** @default 'refuse' */
  readonly emptyValues?: 'refuse' | 'accept' | undefined;
  /** Whether gzipped uploads are read. Nothing documents that they are. @default false */
  readonly readGzip?: boolean | undefined;
  /** Undocumented at Adobe: a second batch with the same external id is made, or refused. @default 'accept' */
  readonly duplicateExternalId?: 'accept' | 'refuse' | undefined;
  /** The Data Access API is marked deprecated: `false` answers 404 on all of it. @default true */
  readonly dataAccess?: boolean | undefined;
  /** Largest file of one PUT. @default 268435456 (256 MB) */
  readonly maxFileBytes?: number | undefined;
  /** Which of the two known forms the refused messages of a streaming answer have. @default 'statusCode' */
  readonly streamingErrors?: 'statusCode' | 'xactionId' | undefined;
  /** Whether streaming messages have to name a flow. @default false */
  readonly requireFlowId?: boolean | undefined;
  /** Synchronous validation exists in one region only. @default true */
  readonly syncValidation?: boolean | undefined;
  /** Events above this are kept out of Profile. @default 10240 */
  readonly maxProfileEventBytes?: number | undefined;
  /** Identities that may be deleted a day and a month. */
  readonly dailyDeletes?: number | undefined;
  readonly monthlyDeletes?: number | undefined;
  /** Rows that a preview shows at most; no document says how many. @default 10 */
  readonly previewRows?: number | undefined;
  /** Whether a preview's rows are objects, or text in columns as the description of the call has them. @default 'objects' */
  readonly previewForm?: 'objects' | 'columns' | undefined;
  /** Random faults, for a bad day. @default none */
  readonly badDay?: BadDay | undefined;
}

/** Every option, filled in. */
export type PlatformSettings = {
  readonly [Name in keyof Omit<PlatformOptions, 'badDay'>]-?: NonNullable<PlatformOptions[Name]>;
} & { readonly badDay: BadDay | undefined };

/** The organisation, dataset and credential that the local set-up is configured with. */
export const localPlatform = {
  orgId: '0123456789ABCDEF01234567@AdobeOrg',
  sandbox: 'prod',
  clientId: 'local-client',
  clientSecret: 'local-secret',
  tenant: 'simtenant',
  datasetId: '65f000000000000000000001',
  schemaId: 'https://ns.adobe.com/simtenant/schemas/mixpanel-events',
  inletId: '5f'.repeat(32),
} as const;

/** The options with every default filled in. */
export function withDefaults(options: PlatformOptions): PlatformSettings {
  return {
    dataDir: options.dataDir,
    port: options.port ?? 0,
    processingMs: options.processingMs ?? 1500,
    orgId: options.orgId ?? localPlatform.orgId,
    sandboxes: options.sandboxes ?? [localPlatform.sandbox],
    clientId: options.clientId ?? localPlatform.clientId,
    clientSecret: options.clientSecret ?? localPlatform.clientSecret,
    tokenTtlSeconds: options.tokenTtlSeconds ?? 86_399,
    tenant: options.tenant ?? localPlatform.tenant,
    datasetIds: options.datasetIds ?? [localPlatform.datasetId],
    schemaId: options.schemaId ?? localPlatform.schemaId,
    inletId: options.inletId ?? localPlatform.inletId,
    provision: options.provision ?? true,
    extraneousFields: options.extraneousFields ?? 'refuse',
    emptyValues: options.emptyValues ?? 'refuse',
    readGzip: options.readGzip ?? false,
    duplicateExternalId: options.duplicateExternalId ?? 'accept',
    dataAccess: options.dataAccess ?? true,
    maxFileBytes: options.maxFileBytes ?? 268_435_456,
    streamingErrors: options.streamingErrors ?? 'statusCode',
    requireFlowId: options.requireFlowId ?? false,
    syncValidation: options.syncValidation ?? true,
    maxProfileEventBytes: options.maxProfileEventBytes ?? 10_240,
    dailyDeletes: options.dailyDeletes ?? 700_000,
    monthlyDeletes: options.monthlyDeletes ?? 12_000_000,
    previewRows: options.previewRows ?? 10,
    previewForm: options.previewForm ?? 'objects',
    badDay: options.badDay,
  };
}
