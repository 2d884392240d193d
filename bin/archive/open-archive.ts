import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../../functions/shared/errors.ts';
import type { AwsChoice } from '../operator/aws-access.ts';
import { openFolderArchive, type ReadableArchive } from './folder-archive.ts';

/** Where stored runs lie: a folder, or a bucket. */
export type ArchiveChoice = { readonly data: string } | (AwsChoice & { readonly bucket: string });

export interface OpenArchive extends ReadableArchive {
  close(): void;
}

/**
 * Opens an archive for reading. What is left out of a bucket's account and region comes from the environment, as for the
 * AWS command line.
 *
 * @throws {ConfigError} when the folder is no archive.
 */
export async function openArchive(choice: ArchiveChoice, what: string): Promise<OpenArchive> {
  if ('data' in choice) return { ...openFolderArchive(archiveFolder(choice.data, what)), close: () => {} };
  // Only now: a folder needs no AWS client.
  const { createOperatorAws } = await import('../operator/aws-access.ts');
  const { createS3ObjectStore } = await import('../../functions/shared/s3-object-store.ts');
  const aws = createOperatorAws(choice);
  return { ...createS3ObjectStore(aws.s3, choice.bucket), close: () => aws.close() };
}

/** The data directory of a local connector, whose only bucket is the archive, or a copy of an archive. */
function archiveFolder(dir: string, what: string): string {
  const buckets = join(dir, 'aws', 's3');
  const found = existsSync(buckets) ? readdirSync(buckets).map((name) => join(buckets, name)) : [];
  const archive = [dir, ...found].find((folder) => existsSync(join(folder, 'raw')));
  if (archive !== undefined) return archive;
  throw new ConfigError(what, [
    `--data: found ${JSON.stringify(dir)}; must be the folder of a local connector that has exported something, or a copy of an archive`,
  ]);
}
