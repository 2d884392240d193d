import { readFileSync } from 'node:fs';
import * as z from 'zod';

/** Bytes that gunzip and gzip give per call, and the level of gzip: the floor is given what the export uses. */
export const streamSizes = {
  gunzipChunkBytes: 256 * 1024,
  gzipChunkBytes: 256 * 1024,
  gzipLevel: 6,
} as const;

export const exportPath = '/api/2.0/export';
export const benchDate = '2026-03-08';

/** What a measured process says of itself, from its first request to its end; its start is not counted. */
export const measurementSchema = z.object({
  wallSeconds: z.number().positive(),
  cpuSeconds: z.number().positive(),
  /** Of the whole process, its start included. */
  peakMegabytes: z.number().positive(),
  lines: z.int().positive(),
  bytes: z.int().positive(),
  duplicates: z.int().nonnegative(),
});

export type Measurement = z.infer<typeof measurementSchema>;

/** Runs the work and prints the measurement as one line of JSON. */
export async function measure(
  work: () => Promise<Pick<Measurement, 'lines' | 'bytes' | 'duplicates'>>,
): Promise<void> {
  const cpuBefore = process.cpuUsage();
  const start = process.hrtime.bigint();
  const counts = await work();
  const wallSeconds = Number(process.hrtime.bigint() - start) / 1e9;
  const { user, system } = process.cpuUsage(cpuBefore);
  const cpuSeconds = (user + system) / 1e6;
  const measurement = { wallSeconds, cpuSeconds, peakMegabytes: peakKibibytes() / 976.5625, ...counts };
  process.stdout.write(`${JSON.stringify(measurement)}\n`);
}

/** Linux counts the memory of whoever started the process into `maxRSS`, and tells the process's own beside it. */
function peakKibibytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS;
  const [, own] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(own);
}
