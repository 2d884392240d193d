import { join } from 'node:path';
import { monthlyCost } from '../../../bin/estimate/monthly-cost.ts';
import { type Prices, readPrices } from '../../../bin/estimate/prices.ts';
import { givenVolumes } from '../../../bin/estimate/volumes.ts';
import { totalUsd } from '../../../bin/estimate/work-cost.ts';
import { loadConfig, projectRoot } from '../../../lib/config.ts';
import { simulatedSource } from './scenario.ts';
import type { SimulatedDay } from './simulate-day.ts';

const daysInMonth = 30;
/** Receive, send anew, delete. */
const sqsRequestsPerWait = 3;

/** What AWS charges for the day: a thirtieth of what `connector estimate` reckons for a month, and the waiting. */
export function dayCost(day: SimulatedDay, prices: Prices = readPrices()): number {
  const { eventsPerDay, eventBytes, sources } = day.scenario;
  const config = loadConfig(join(projectRoot, 'connector.config.example.json'));
  const volumes = givenVolumes(eventsPerDay / sources, eventBytes);
  const settings = simulatedSource(0);
  const month = totalUsd(monthlyCost({ settings, config, volumes, prices }));
  return (sources * month) / daysInMonth + waitingCost(day, prices);
}

/** Requests alone: how long such an invocation takes on Lambda was not measured. */
export function waitingCost({ waits }: SimulatedDay, prices: Prices): number {
  const perMillion = prices.lambdaMillionRequests + sqsRequestsPerWait * prices.sqsMillionRequests;
  return (waits / 1e6) * perMillion;
}
