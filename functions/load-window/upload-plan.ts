import type { Manifest } from '../shared/manifest.ts';

/** How a run is divided into uploads, and an upload's rows into files. */
export interface UploadSizes {
  /** A file is uploaded as soon as it has this many bytes. */
  readonly fileBytes: number;
  /** Uploads of one batch: each is one message's work, of one part or of a few that follow one another. */
  readonly maxUploads: number;
}

/**
 * A batch may have 1,500 files and 100 GB, a file 256 MB. Each upload ends with a file that may be small, so a batch of
 * 100 GB has at most 100 GB / 96 MiB + 500 = 1,494 files: whatever fits by its bytes fits by its files. A file of 96 MiB
 * fits into the function's memory, which makes its length known beforehand, and goes out within one invocation on any
 * line faster than 120 kB/s. A part has 64 MiB of lines, so up to 500 parts, 32 GB, each is an upload of its own.
 */
export const uploadSizes: UploadSizes = { fileBytes: 96 * 1024 * 1024, maxUploads: 500 };

/** The parts of each upload. Follows from the manifest alone, so that every invocation divides a run alike. */
export function uploadsOf(manifest: Manifest, { maxUploads } = uploadSizes): number[][] {
  const parts = [...manifest.parts.keys()];
  const size = Math.max(1, Math.ceil(parts.length / maxUploads));
  return parts.filter((part) => part % size === 0).map((first) => parts.slice(first, first + size));
}
