import { sourceSchema } from '../../../functions/shared/source-settings.ts';

/** Where the measured run lies; the same for every program, as it is part of the rows. */
export const runRef = { source: 'bench', date: '2026-03-08', run: '20260309T033000000Z-1f2e3d4c' } as const;

export const settings = sourceSchema.parse({
  id: runRef.source,
  mixpanel: { projectId: 2195193, timestamps: 'utc' },
  platform: { orgId: 'o@AdobeOrg', sandbox: 'prod', datasetId: 'd', schemaId: 's', tenant: 'acme' },
});

/** Bytes that a program hands on at a time, ours and the one written by hand. */
export const pieceBytes = 256 * 1024;
