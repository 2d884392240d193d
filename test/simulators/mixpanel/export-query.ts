import { isCalendarDate } from './data/calendar.ts';
import { Refusal } from './replies.ts';
import { compileWhere, type Lookup } from './where/evaluate.ts';
import { parseWhere } from './where/parser.ts';
import { type TimeBounds, timeBoundsOf } from './where/time-bounds.ts';
import { WhereError } from './where/tokens.ts';

/** What an export asks for, checked. */
export interface ExportQuery {
  readonly fromDate: string;
  readonly toDate: string;
  readonly limit: number | undefined;
  readonly events: ReadonlySet<string> | undefined;
  readonly where:
    | { readonly text: string; readonly test: (lookup: Lookup) => boolean; readonly bounds: TimeBounds }
    | undefined;
  readonly timeInMs: boolean;
}

const parameters = ['project_id', 'from_date', 'to_date', 'limit', 'event', 'where', 'time_in_ms'];
const maxLimit = 100_000;

/** @throws {Refusal} 400 naming the parameter that is not as documented. */
export function parseExportQuery(query: URLSearchParams): ExportQuery {
  for (const name of query.keys()) {
    if (!parameters.includes(name)) throw bad(`unknown query parameter ${name}`);
    if (query.getAll(name).length > 1) throw bad(`query parameter ${name} given twice`);
  }
  const [fromDate, toDate] = [dateOf(query, 'from_date'), dateOf(query, 'to_date')];
  if (toDate < fromDate) throw bad('to_date must not be before from_date');
  return {
    fromDate,
    toDate,
    limit: limitOf(query.get('limit')),
    events: eventsOf(query.get('event')),
    where: whereOf(query.get('where')),
    timeInMs: flagOf(query.get('time_in_ms')),
  };
}

/** The project that a request names. @throws {Refusal} 400 when it is no number. */
export function projectIdOf(query: URLSearchParams): number | undefined {
  const text = query.get('project_id');
  if (text === null) return undefined;
  if (!/^[1-9]\d{0,14}$/.test(text)) throw bad('project_id must be an integer');
  return Number(text);
}

/** @throws {Refusal} with the words that clients recorded. */
export function requireNotLater(toDate: string, today: string): void {
  if (toDate > today) throw bad('to_date cannot be later than today');
}

function dateOf(query: URLSearchParams, name: string): string {
  const text = query.get(name);
  if (text === null) throw bad(`missing required parameter ${name}`);
  if (!isCalendarDate(text)) throw bad(`${name} must be a date formatted yyyy-mm-dd`);
  return text;
}

function limitOf(text: string | null): number | undefined {
  if (text === null) return undefined;
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > maxLimit) throw bad(`limit must be an integer from 1 to ${maxLimit}`);
  return limit;
}

function eventsOf(text: string | null): ReadonlySet<string> | undefined {
  if (text === null) return undefined;
  const names = jsonOf(text);
  if (!Array.isArray(names) || names.length === 0) throw bad('event must be a JSON array of event names');
  return new Set(
    names.map((name: unknown) => {
      if (typeof name !== 'string') throw bad('event must be a JSON array of event names');
      return name;
    }),
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function whereOf(text: string | null): ExportQuery['where'] {
  if (text === null) return undefined;
  try {
    const expression = parseWhere(text);
    return { text, test: compileWhere(expression), bounds: timeBoundsOf(expression) };
  } catch (error) {
    if (error instanceof WhereError) throw bad(`invalid where: ${error.message}`);
    throw error;
  }
}

function flagOf(text: string | null): boolean {
  if (text !== null && text !== 'true' && text !== 'false') throw bad('time_in_ms must be true or false');
  return text === 'true';
}

function bad(message: string): Refusal {
  return new Refusal(400, message);
}
