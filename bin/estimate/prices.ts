import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { ConfigError } from '../../functions/shared/errors.ts';
import { parseJsonWith } from '../../functions/shared/parse.ts';
import { projectRoot } from '../../lib/config.ts';

const price = z.number().nonnegative();

/** In USD, each for the unit that its name ends with. */
const priceSchemas = {
  /** On arm64. */
  lambdaGbSecond: price,
  lambdaMillionRequests: price,
  /** Of a function's disk, beyond the first 512 MB. */
  lambdaStorageGbSecond: price,
  s3GbMonth: price,
  s3ThousandPuts: price,
  s3ThousandGets: price,
  sqsMillionRequests: price,
  secretMonth: price,
  alarmMonth: price,
  metricMonth: price,
  /** To the internet, as Platform's API is. */
  transferOutGb: price,
  natHour: price,
  natGb: price,
  publicAddressHour: price,
};

/** The prices by the names that they have in the file. */
export const priceNames = z.keyof(z.object(priceSchemas)).options;

/**
 * AWS's list prices, without free tiers and discounts, of the first tier where there are several. Another region's can be
 * put into a file of the same form.
 */
const pricesSchema = z.strictObject({
  /** When they were the list's. */
  asOf: z.string(),
  region: z.string(),
  currency: z.literal('USD'),
  ...priceSchemas,
  /** Where AWS publishes each, to look it up again. */
  pages: z.partialRecord(z.enum(priceNames), z.url()).default({}),
});
export type Prices = z.output<typeof pricesSchema>;

/** The price table that comes with the connector, or another one. @throws {ConfigError} */
export function readPrices(file: string = join(projectRoot, 'bin/estimate/prices.json')): Prices {
  if (!existsSync(file)) throw new ConfigError(`reading the prices ${file}`, ['there is no such file']);
  return parseJsonWith(pricesSchema, readFileSync(file, 'utf8'), `reading the prices ${file}`);
}
