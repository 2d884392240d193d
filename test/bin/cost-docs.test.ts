import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { costDocs } from '../../bin/estimate/cost-docs.ts';
import { priceNames, readPrices } from '../../bin/estimate/prices.ts';
import { projectRoot } from '../../lib/config.ts';

it('each price that comes with the connector names the page on which AWS publishes it', () => {
  const { pages } = readPrices();
  expect(Object.keys(pages).sort()).toEqual([...priceNames].sort());
  for (const page of Object.values(pages)) expect(new URL(page).hostname).toBe('aws.amazon.com');
});

it('docs/costs.md is what `npm run docs` would write', () => {
  expect(readFileSync(join(projectRoot, 'docs', 'costs.md'), 'utf8')).toBe(costDocs());
});
