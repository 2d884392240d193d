import { hourlyMetrics, metricNames } from '../../functions/shared/metrics.ts';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import { chargedAlarmMetrics } from '../../lib/alarm-texts.ts';
import type { ConnectorConfig } from '../../lib/config.ts';
import type { Prices } from './prices.ts';
import type { Volumes } from './volumes.ts';
import { type CostLine, costLine, workCost } from './work-cost.ts';

const daysInMonth = 30;
const hoursInMonth = 730;
/** Lambda reads a queue that has little with five pollers, each of which waits 20 seconds at a time. */
const pollsPerQueueMonth = 5 * (60 / 20) * 60 * 24 * daysInMonth;
const queuesPerSource = 2;
/** The hours of a day in which windows are exported and delivered: the schedule's, and one more for what comes late. */
const workHours = 2;

/** What a month of a source comes to, beside its costs. */
export interface MonthlyLoad {
  readonly exportQueries: number;
  readonly batches: number;
  /** Unpacked events fetched from Mixpanel. */
  readonly gb: number;
}

export interface MonthlyInput {
  readonly settings: SourceSettings;
  readonly config: ConnectorConfig;
  readonly volumes: Volumes;
  readonly prices: Prices;
}

/** What a month of a source's schedule asks for: each window is exported once, and once more in each look-back. */
export function monthlyLoad({ settings, volumes }: MonthlyInput): MonthlyLoad {
  const { enabled, lookbackDays } = settings.schedule;
  const exports = enabled ? daysInMonth * (lookbackDays + 1) : 0;
  return {
    exportQueries: exports,
    batches: enabled ? daysInMonth * volumes.deliveriesPerWindow : 0,
    gb: (exports * volumes.bytesPerWindow) / 1e9,
  };
}

/** A source's bill for a month, line by line, once the archive is as full as it gets. */
export function monthlyCost(input: MonthlyInput): CostLine[] {
  const { settings, config, volumes, prices } = input;
  const { exportQueries: exports, batches } = monthlyLoad(input);
  const runsPerDay = exports / daysInMonth;
  const gzipGb = volumes.gzipBytesPerWindow / 1e9;
  const { retentionDays } = config.archive;
  return [
    ...workCost(volumes, { exports, deliveries: batches }, prices),
    costLine({
      item: 'S3, archive once full',
      how: `${runsPerDay} runs a day × ${gzipGb.toPrecision(2)} GB gzipped × ${retentionDays} days`,
      quantity: runsPerDay * gzipGb * retentionDays,
      unit: 'GB-month',
      price: prices.s3GbMonth,
    }),
    costLine({
      item: 'SQS, polling',
      how: `${queuesPerSource} queues × 5 pollers × a request every 20 s`,
      quantity: (queuesPerSource * pollsPerQueueMonth) / 1e6,
      unit: 'million',
      price: prices.sqsMillionRequests,
    }),
    costLine({
      item: 'Secrets',
      how: 'Mixpanel, Platform, and the privacy key where there is one',
      quantity: 2 + (settings.privacy.hash.length > 0 ? 1 : 0),
      unit: 'secret',
      price: prices.secretMonth,
    }),
    costLine({
      item: 'Alarms',
      how: 'of one source, and the one that all share; each metric that one looks at is charged',
      quantity: chargedAlarmMetrics,
      unit: 'alarm metric',
      price: prices.alarmMonth,
    }),
    costLine({
      item: 'Metrics',
      how: `charged by the hour: ${hourlyMetrics.length} report all day, ${metricNames.length - hourlyMetrics.length} in ${workHours} hours of work`,
      quantity: hourlyMetrics.length + ((metricNames.length - hourlyMetrics.length) * workHours) / 24,
      unit: 'metric',
      price: prices.metricMonth,
    }),
    ...egressCost(input, exports, batches),
  ];
}

/** A NAT gateway is shared by all sources; it is shown with each, since each may be the only one. */
function egressCost({ config, volumes, prices }: MonthlyInput, exports: number, batches: number): CostLine[] {
  if (!config.staticEgress) return [];
  const gb = ((exports + batches) * volumes.bytesPerWindow) / 1e9;
  return [
    costLine({
      item: 'NAT gateway',
      how: `${hoursInMonth} hours, shared by all sources`,
      quantity: hoursInMonth,
      unit: 'hour',
      price: prices.natHour,
    }),
    costLine({
      item: 'NAT gateway, data',
      how: 'exports and deliveries',
      quantity: gb,
      unit: 'GB',
      price: prices.natGb,
    }),
    costLine({
      item: 'Fixed address',
      how: `${hoursInMonth} hours, shared by all sources`,
      quantity: hoursInMonth,
      unit: 'hour',
      price: prices.publicAddressHour,
    }),
  ];
}
