import { grouped } from '../local/progress-view.ts';
import { renderTable } from '../table.ts';
import type { Prices } from './prices.ts';
import type { Volumes } from './volumes.ts';
import { type CostLine, gbText, totalUsd } from './work-cost.ts';

/** @example usd(1.234) === '1.23 USD' */
export function usd(amount: number): string {
  return `${amount.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })} USD`;
}

/** What the figures rest on. */
export function volumesText({ measuredWindows, ...volumes }: Volumes): string {
  const basis =
    measuredWindows === 0
      ? 'As given'
      : measuredWindows === 1
        ? 'By the one window exported in the last four weeks'
        : `Average of the ${measuredWindows} windows exported in the last four weeks`;
  return (
    `${basis}: ${grouped(Math.round(volumes.eventsPerWindow))} events and ${gbText(volumes.bytesPerWindow / 1e9)} GB in a window, ` +
    `${gbText(volumes.gzipBytesPerWindow / 1e9)} GB gzipped, delivered ${volumes.deliveriesPerWindow.toFixed(1)} times`
  );
}

const columns = [
  { heading: 'item' },
  { heading: 'quantity', right: true },
  { heading: 'unit' },
  { heading: 'price', right: true },
  { heading: 'USD', right: true },
  { heading: 'how' },
];

/** The arithmetic, line by line. */
export function costTable(lines: readonly CostLine[], prices: Prices): string {
  const rows = lines.map(({ item, quantity, unit, price, usd: amount, how }) => [
    item,
    quantity.toLocaleString('en-US', { maximumFractionDigits: 3 }),
    unit,
    price.toLocaleString('en-US', { maximumFractionDigits: 10 }),
    amount.toFixed(2),
    how,
  ]);
  rows.push(['total', '', '', '', totalUsd(lines).toFixed(2), '']);
  return `${renderTable(columns, rows)}\n\nList prices of ${prices.region} as of ${prices.asOf}, without free tiers and discounts; check today's.`;
}
