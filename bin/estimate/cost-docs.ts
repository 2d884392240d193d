import { join } from 'node:path';
import { type ConnectorConfig, loadConfig, projectRoot } from '../../lib/config.ts';
import { costTable, usd } from './cost-view.ts';
import { monthlyCost, monthlyLoad } from './monthly-cost.ts';
import { priceNames, readPrices } from './prices.ts';
import { usualEventBytes } from './volume-options.ts';
import { givenVolumes } from './volumes.ts';
import { gbText, totalUsd } from './work-cost.ts';

const million = 1_000_000;
const daysInMonth = 30;
const volumes = [1, 10, 100].flatMap((count) => [
  { name: `${count} million a month`, eventsPerDay: Math.round((count * million) / daysInMonth) },
  { name: `${count} million a day`, eventsPerDay: count * million },
]);

/** The page `docs/costs.md`: what `connector estimate` reckons, for volumes from small to large. */
export function costDocs(): string {
  const config = loadConfig(join(projectRoot, 'connector.config.example.json'));
  const ordered = volumes.toSorted((one, other) => one.eventsPerDay - other.eventsPerDay);
  const rows = ordered.map(({ name, eventsPerDay }) => {
    const { lines, load } = estimateOf(config, eventsPerDay);
    const withEgress = estimateOf({ ...config, staticEgress: true }, eventsPerDay);
    const of = (start: string) => cell(totalUsd(lines.filter(({ item }) => item.startsWith(start))));
    const cells = [
      name,
      gbText(load.gb),
      ...['Lambda', 'S3', 'Data out'].map(of),
      cell(totalUsd(lines)),
      cell(totalUsd(withEgress.lines)),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return page(config, rows);
}

const decimal = (price: number): string => price.toLocaleString('en-US', { maximumFractionDigits: 10 });

const cell = (amount: number): string => usd(amount).replace(' USD', '');

function estimateOf(config: ConnectorConfig, eventsPerDay: number) {
  const [settings] = config.sources;
  if (settings === undefined) throw new Error('the example has no source');
  const volumes = givenVolumes(eventsPerDay, usualEventBytes);
  const input = { settings, config, volumes, prices: readPrices() };
  return { lines: monthlyCost(input), load: monthlyLoad(input) };
}

function page(config: ConnectorConfig, rows: readonly string[]): string {
  const prices = readPrices();
  const { lines } = estimateOf(config, million);
  const fixed = ['Secrets', 'Alarms', 'Metrics', 'SQS, polling'];
  const fixedUsd = totalUsd(lines.filter(({ item }) => fixed.includes(item)));
  const egress = estimateOf({ ...config, staticEgress: true }, million).lines.filter(({ item }) =>
    ['NAT gateway', 'Fixed address'].includes(item),
  );
  const { lookbackDays } = config.sources[0]?.schedule ?? {};
  return `# Costs

What AWS charges for one source in a month. \`npm run docs\` writes this page by the arithmetic of \`connector estimate\`, and a test fails
when it is behind the code. Prices are the list prices of ${prices.region} as of ${prices.asOf} (\`bin/estimate/prices.json\`), without free
tiers and discounts; check today's, and give others with \`--prices FILE\`. What Mixpanel and Adobe charge is between you and them:
Mixpanel's export is free on all plans.

Reckoned with the settings of \`connector.config.example.json\` (look-back ${lookbackDays} days, ${config.archive.retentionDays} days of archive) and events of ${usualEventBytes} bytes, each window
exported once and again in each look-back, and delivered twice. Amounts are USD a month, once the archive is full.

| Events | GB exported | Lambda | S3 | Data out | Total | Total with \`staticEgress\` |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
${rows.join('\n')}

The largest lines grow with settings of yours: the archive with \`schedule.lookbackDays\` and \`archive.retentionDays\`, as every run is
kept; data out with how often windows change.

For your own source, by what it exported in the last four weeks, or before anything is deployed:

\`\`\`sh
npx connector estimate
npx connector estimate --events-per-day 1000000 --event-bytes 1000
\`\`\`

## The arithmetic, for a million events a day

\`\`\`text
${costTable(lines, prices)}
\`\`\`

Logs, KMS requests and the dashboard are left out.

## The prices

USD in ${prices.region} as of ${prices.asOf}, each for the unit that its name ends with, of AWS's first tier where there are several. They were
not looked up since; the page says what AWS asks today. \`--prices FILE\` takes a file with these names, in the form of
\`bin/estimate/prices.json\`; \`pages\` may be left out there.

| Price | USD | Published on |
| --- | ---: | --- |
${priceNames.map((name) => `| \`${name}\` | ${decimal(prices[name])} | <${prices.pages[name] ?? ''}> |`).join('\n')}

## What does not depend on the volume

- **Alarms, metrics, secrets, polling**: ${usd(fixedUsd)} a month and source, in the table above. The alarms are always made.
- **\`staticEgress\`**: a NAT gateway and a fixed address, ${usd(totalUsd(egress))} a month for all sources together, and ${prices.natGb} USD for each GB that
  passes it, exports and deliveries alike.
- **A customer key** (\`archive.kmsKeyArn\`): the key is yours, and AWS charges for it and for its requests; neither is in the price table
  or the estimate. The bucket uses an S3 bucket key, which asks KMS less often.
`;
}
