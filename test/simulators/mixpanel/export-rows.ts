import { offsetAt } from './data/calendar.ts';
import type { DayEvents } from './data/day-events.ts';
import { type EventRow, lineOf } from './data/event-row.ts';
import { mix } from './data/random.ts';
import type { ExportQuery } from './export-query.ts';
import type { Project, WhereTime } from './options.ts';
import type { Simulation } from './simulation.ts';
import { type Lookup, Moment } from './where/evaluate.ts';

/** Rows of an export, still to be filtered. */
export interface SelectedRows {
  readonly rows: Iterable<EventRow>;
  readonly test: (row: EventRow) => boolean;
  readonly plannedRows: number;
  /** To be called when the whole answer has been sent. */
  readonly onServed: () => void;
}

/** The rows that a query is about: days, pull and bounds of time; `test` holds its other filters. */
export function selectRows(
  simulation: Simulation,
  project: Project,
  query: ExportQuery,
  days: readonly string[],
): SelectedRows {
  const nowMs = simulation.clock();
  const name = JSON.stringify([query.fromDate, query.toDate, query.where?.text, [...(query.events ?? [])]]);
  // A request with a limit is a probe: it must not use up the pull that late rows wait for.
  const counts = query.limit === undefined;
  const selected = days.map((day) => {
    const events = simulation.worldOf(project).dayEvents(day);
    const pull = counts
      ? simulation.pulls.begin(project.projectId, day, name)
      : simulation.pulls.current(project.projectId, day);
    const order = mix(simulation.nextOrder());
    return { events, request: { pull, nowMs, order, ...utcBounds(simulation, project, query, events) } };
  });
  return {
    rows: rowsOf(selected),
    test: testOf(simulation, query),
    plannedRows: selected.reduce((sum, { events, request }) => sum + events.countRows(request), 0),
    onServed: () => {
      if (counts) simulation.pulls.served(project.projectId, days, name);
    },
  };
}

function* rowsOf(selected: readonly { events: DayEvents; request: Parameters<DayEvents['rows']>[0] }[]) {
  for (const { events, request } of selected) yield* events.rows(request);
}

/** The filter's bounds as true time; wider where the offset changes in the day, as the filter itself decides. */
function utcBounds(simulation: Simulation, project: Project, query: ExportQuery, events: DayEvents) {
  const { startUtcMs, endUtcMs } = events.day;
  const everything = { fromMs: startUtcMs, toMs: endUtcMs };
  const { fromMs, toMs } =
    simulation.whereTime === 'ignored' ? everything : (query.where?.bounds ?? everything);
  if (query.where === undefined || !project.legacy || simulation.whereTime === 'utc') {
    return { fromUtcMs: fromMs, toUtcMs: toMs };
  }
  const offsets = [offsetAt(events.day, startUtcMs), offsetAt(events.day, endUtcMs)];
  return { fromUtcMs: fromMs - Math.max(...offsets), toUtcMs: toMs - Math.min(...offsets) };
}

function testOf(simulation: Simulation, { events, where }: ExportQuery): (row: EventRow) => boolean {
  return (row) => {
    if (events !== undefined && !events.has(row.event)) return false;
    if (simulation.whereTime === 'ignored') return true;
    return where === undefined || where.test(lookupIn(row, simulation.whereTime));
  };
}

/** Reads what a filter names. The line is parsed only for properties that the row does not hold itself. */
function lookupIn(row: EventRow, whereTime: WhereTime): Lookup {
  let properties: Map<string, unknown> | undefined;
  return (of, name) => {
    if (of === 'user') return undefined;
    if (name === '$time') return new Moment(whereTime === 'utc' ? row.trueUtcMs : row.timeMs);
    if (of === 'event') return undefined;
    switch (name) {
      case '$event_name':
        return row.event;
      case 'mp_processing_time_ms':
        return row.processingMs;
      case '$mp_api_timestamp_ms':
        return row.apiMs;
      case '$distinct_id':
      case 'distinct_id':
        return row.distinctId;
      case '$insert_id':
        return row.insertId ?? undefined;
      case 'time':
        // A client found that the plain column can't be filtered by the server.
        return undefined;
      default:
        properties ??= propertiesOf(row);
        return properties.get(name);
    }
  };
}

function propertiesOf(row: EventRow): Map<string, unknown> {
  const parsed: unknown = JSON.parse(lineOf(row, true));
  const properties = typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, 'properties') : {};
  return new Map(Object.entries(properties));
}
