import type { Prices } from './prices.ts';
import type { Volumes } from './volumes.ts';

/** One line of a bill: quantity times price. */
export interface CostLine {
  readonly item: string;
  /** How the quantity comes about, in words. */
  readonly how: string;
  readonly quantity: number;
  readonly unit: string;
  readonly price: number;
  readonly usd: number;
}

export function costLine(line: Omit<CostLine, 'usd'>): CostLine {
  return { ...line, usd: line.quantity * line.price };
}

/** CPU seconds for a GB of events at one whole processor, and a row's bytes for an event's: docs/performance.md. */
export const exportSecondsPerGb = 30;
export const loadSecondsPerGb = 31;
export const rowShare = 1.5;
/** What the two functions are given: lib/source-functions.ts. */
export const memoryGb = 1769 / 1024;
const paidDiskGb = (2048 - 512) / 1024;

const gigabyte = 1e9;
/** Counted in a local run of four windows of one part each, export and delivery, the host's own looks taken off. */
const putsPerWindow = 10;
const getsPerWindow = 15;

/** What it costs to export so many windows and to deliver so many, without keeping them. */
export function workCost(
  volumes: Volumes,
  { exports, deliveries }: { readonly exports: number; readonly deliveries: number },
  prices: Prices,
): CostLine[] {
  const gbPerWindow = volumes.bytesPerWindow / gigabyte;
  const exportSeconds = exports * gbPerWindow * exportSecondsPerGb;
  const loadSeconds = deliveries * gbPerWindow * loadSecondsPerGb;
  const gb = gbText(gbPerWindow);
  return [
    costLine({
      item: 'Lambda, export',
      how: `${round(exports)} exports × ${gb} GB × ${exportSecondsPerGb} s per GB × ${memoryGb.toFixed(2)} GB of memory`,
      quantity: exportSeconds * memoryGb,
      unit: 'GB-second',
      price: prices.lambdaGbSecond,
    }),
    costLine({
      item: 'Lambda, disk of the export',
      how: `the same seconds × ${paidDiskGb} GB beyond the free 0.5`,
      quantity: exportSeconds * paidDiskGb,
      unit: 'GB-second',
      price: prices.lambdaStorageGbSecond,
    }),
    costLine({
      item: 'Lambda, delivery',
      how: `${round(deliveries)} deliveries × ${gb} GB × ${loadSecondsPerGb} s per GB × ${memoryGb.toFixed(2)} GB of memory`,
      quantity: loadSeconds * memoryGb,
      unit: 'GB-second',
      price: prices.lambdaGbSecond,
    }),
    costLine({
      item: 'S3, writes',
      how: `${round(Math.max(exports, deliveries))} windows × ${putsPerWindow} objects, with delivery`,
      quantity: (Math.max(exports, deliveries) * putsPerWindow) / 1000,
      unit: 'thousand',
      price: prices.s3ThousandPuts,
    }),
    costLine({
      item: 'S3, reads',
      how: `${round(Math.max(exports, deliveries))} windows × ${getsPerWindow} objects, with delivery`,
      quantity: (Math.max(exports, deliveries) * getsPerWindow) / 1000,
      unit: 'thousand',
      price: prices.s3ThousandGets,
    }),
    costLine({
      item: 'Data out to Platform',
      how: `${round(deliveries)} deliveries × ${gb} GB × ${rowShare} bytes of a row for one of an event`,
      quantity: deliveries * gbPerWindow * rowShare,
      unit: 'GB',
      price: prices.transferOutGb,
    }),
  ];
}

export function totalUsd(lines: readonly CostLine[]): number {
  return lines.reduce((sum, { usd }) => sum + usd, 0);
}

export function gbText(gb: number): string {
  return gb >= 10 ? gb.toFixed(0) : gb >= 0.1 ? gb.toFixed(2) : gb.toPrecision(2);
}

function round(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 1 });
}
