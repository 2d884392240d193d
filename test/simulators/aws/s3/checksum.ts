import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { ApiError } from '../api-error.ts';
import { type Crc, createCrc32c, createCrc64Nvme } from './crc.ts';

/** The checksums of S3, by the end of their header's name. */
export const checksumAlgorithms = ['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256'] as const;
/** One of them. */
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number];

/** S3's choice for an upload that names none. */
export const defaultAlgorithm: ChecksumAlgorithm = 'crc64nvme';

/** The algorithm by either spelling, `CRC32` or `crc32`. */
export function algorithmNamed(name: string | undefined): ChecksumAlgorithm | undefined {
  const lower = name?.toLowerCase();
  return checksumAlgorithms.find((algorithm) => algorithm === lower);
}

/** A fresh running checksum. */
export function createChecksum(algorithm: ChecksumAlgorithm): Crc {
  switch (algorithm) {
    case 'crc32':
      return createCrc32();
    case 'crc32c':
      return createCrc32c();
    case 'crc64nvme':
      return createCrc64Nvme();
    default: {
      const hash = createHash(algorithm);
      return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
    }
  }
}

function createCrc32(): Crc {
  let state = 0;
  return {
    update(bytes) {
      state = crc32(bytes, state);
    },
    digest() {
      const value = Buffer.alloc(4);
      value.writeUInt32BE(state);
      return value;
    },
  };
}

/** What an uploader says about the checksum of what it sends. */
export interface AnnouncedChecksum {
  readonly algorithm: ChecksumAlgorithm;
  /** The value from the header; in a trailer it comes after the body. */
  readonly value?: string;
}

/** The checksum that the headers announce. @throws {ApiError} when they name more than one. */
export function announcedChecksum(headers: ReadonlyMap<string, string>): AnnouncedChecksum | undefined {
  const trailers = (headers.get('x-amz-trailer') ?? '').split(',').map((name) => name.trim());
  const named = checksumAlgorithms.filter(
    (algorithm) => headers.has(headerOf(algorithm)) || trailers.includes(headerOf(algorithm)),
  );
  if (named.length > 1)
    throw new ApiError(400, 'InvalidRequest', 'Expecting a single x-amz-checksum- header.');
  const algorithm = named[0] ?? algorithmNamed(headers.get('x-amz-sdk-checksum-algorithm'));
  if (algorithm === undefined) return undefined;
  const value = headers.get(headerOf(algorithm));
  return value === undefined ? { algorithm } : { algorithm, value };
}

/** @example headerOf('crc32') // 'x-amz-checksum-crc32' */
export function headerOf(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm}`;
}

/** S3's name of the algorithm's element in XML. @example elementOf('crc32') // 'ChecksumCRC32' */
export function elementOf(algorithm: ChecksumAlgorithm): string {
  return `Checksum${algorithm.toUpperCase()}`;
}
