import * as z from 'zod';
import { formatVersion } from './stored-format.ts';

const count = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const manifestPartSchema = z.object({
  key: z.string().min(1),
  records: count,
  /** Uncompressed bytes, newlines included. */
  bytes: count,
  gzipBytes: count,
  /** Of the gzip bytes. */
  sha256,
});

/** List of a run's parts. Written last: its presence means that the run is complete. */
export const manifestSchema = z.object({
  version: formatVersion(1),
  source: z.string(),
  date: z.string(),
  run: z.string(),
  startedAt: z.iso.datetime(),
  completedAt: z.iso.datetime(),
  /** Export queries spent on the run. */
  requests: count,
  parts: z.array(manifestPartSchema),
  /** All lines, those superseded included. */
  records: count,
  /** Lines superseded by a duplicate. */
  duplicates: count,
  bytes: count,
  /** Covers the lines kept, whatever their order. */
  contentHash: sha256,
  timestamps: z.enum(['utc', 'project']),
  /** The zone in which the window is a day: UTC, or the project's for a project that stores shifted time. */
  timezone: z.string(),
});

export type ManifestPart = z.output<typeof manifestPartSchema>;
export type Manifest = z.output<typeof manifestSchema>;
