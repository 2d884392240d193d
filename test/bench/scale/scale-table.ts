import { dayCost } from './day-cost.ts';
import type { SimulatedDay } from './simulate-day.ts';

/** What the limits are called that a message may wait for. */
const limits: Readonly<Record<string, string>> = {
  upload_budget_exhausted: 'Adobe: 20 GB an hour',
  batch_budget_exhausted: 'Adobe: batches a minute',
  budget_exhausted: 'Mixpanel: queries an hour',
  free_export_function: '2 exports at a time',
  free_load_function: '4 uploads at a time',
};

/** A day that is there a quarter of an hour earlier is worth no setting. */
const notableHours = 0.25;

/** The limit that a day meets first: the one that stops it, or else the one that it waited for longest. */
export function bindingLimit({ givenUp, waited }: SimulatedDay): string {
  if (givenUp.length > 0) return 'Adobe: 100 GB a batch';
  const [longest] = waited;
  if (longest === undefined || longest.hours < notableHours) return 'none';
  return limits[longest.reason] ?? longest.reason;
}

const headings = [
  'Events a day',
  'Sources',
  'Queries',
  'Slices',
  'Parts',
  'Uploads',
  'Invocations',
  'that only waited',
  'At once',
  'Newest day, hours',
  'All windows, hours',
  'USD a day',
  'Binds first',
] as const;

/** Lines of a table in Markdown: its head, then a row for each day. */
export const scaleHead: readonly string[] = [
  `| ${headings.join(' | ')} |`,
  `| ${headings.map((_, index) => (index === headings.length - 1 ? '---' : '---:')).join(' | ')} |`,
];

export function scaleRow(day: SimulatedDay): string {
  const { scenario, invocations, givenUp } = day;
  const hours = (value: number | undefined) => {
    if (givenUp.length > 0) return 'given up';
    return value === undefined ? `over ${scenario.maxHours}` : value.toFixed(value < 1 ? 2 : 1);
  };
  const cells = [
    `${scenario.eventsPerDay / 1e6} million`,
    whole(scenario.sources),
    whole(day.queries),
    whole(day.slices),
    whole(day.parts),
    whole(day.uploads),
    whole(invocations.plan + invocations.export + invocations.load),
    whole(day.waits),
    whole(day.concurrency),
    hours(day.newestHours),
    hours(day.allHours),
    whole(dayCost(day), 2),
    bindingLimit(day),
  ];
  return `| ${cells.join(' | ')} |`;
}

function whole(value: number, digits = 0): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
