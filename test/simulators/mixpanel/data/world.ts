import type { Project } from '../options.ts';
import { calendarDay } from './calendar.ts';
import { DayEvents } from './day-events.ts';
import { type DayIngredients, lineOf, rowAt } from './event-row.ts';
import { fragmentsByChannel, paddingOf } from './fragments.ts';
import { peopleOf } from './people.ts';
import { Random, seedFrom } from './random.ts';

/** A project's generated events, any day of them. */
export interface ProjectWorld {
  /** The zone in which the project reads dates: its own when legacy, else UTC. */
  readonly dayZone: string;
  dayEvents(date: string): DayEvents;
}

/** Rows measured to find how much filler brings the average to the length asked for. */
const measuredRows = 400;

/** The same seed and project always give the same events. */
export function createWorld(seed: number, project: Project): ProjectWorld {
  const projectSeed = seedFrom(seed, project.projectId);
  const dayZone = project.legacy ? project.zone : 'UTC';
  const people = peopleOf(projectSeed, project.users ?? defaultUsers(project));
  const common = { project, people, fragments: fragmentsByChannel(projectSeed) };
  const ingredientsOf = (date: string, paddings: readonly string[]): DayIngredients => ({
    ...common,
    day: calendarDay(date, dayZone),
    daySeed: seedFrom(projectSeed, date),
    paddings,
  });
  const paddings = paddingOf(project.eventBytes - averageLineBytes(ingredientsOf('2026-01-01', [''])));
  return {
    dayZone,
    dayEvents: (date) => new DayEvents(ingredientsOf(date, paddings), countOn(project, date)),
  };
}

function countOn(project: Project, date: string): number {
  if (date < project.createdAt) return 0;
  const count = typeof project.eventsPerDay === 'number' ? project.eventsPerDay : project.eventsPerDay(date);
  return Math.max(0, Math.floor(count));
}

function defaultUsers(project: Project): number {
  const daily = typeof project.eventsPerDay === 'number' ? project.eventsPerDay : 5000;
  return Math.min(5000, Math.max(20, Math.floor(daily / 10)));
}

function averageLineBytes(ingredients: DayIngredients): number {
  let bytes = 0;
  for (let serial = 0; serial < measuredRows; serial += 1) {
    const position = { atShare: serial / measuredRows, serial, late: false, rekeyShare: 0 };
    bytes += Buffer.byteLength(lineOf(rowAt(ingredients, position, new Random(serial)), true)) + 1;
  }
  return bytes / measuredRows;
}
