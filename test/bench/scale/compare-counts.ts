import type { ReducedDay } from './reduced-day.ts';
import type { Scenario } from './scenario.ts';
import type { SimulatedDay } from './simulate-day.ts';

/** The day that was run, in full size: by the bytes that the simulator really made of it. */
export function asSent(scenario: Scenario, real: ReducedDay, factor: number): Scenario {
  return {
    ...scenario,
    eventsPerDay: real.lines * factor,
    eventBytes: real.bytes / real.lines,
    rowShare: real.rowBytes / real.bytes,
  };
}

/** What the simulation says beside what the functions did, a line each. */
export function compareCounts(simulated: SimulatedDay, real: ReducedDay): string[] {
  const counted: readonly (readonly [string, number, number])[] = [
    ['queries', simulated.queries, real.queries],
    ['slices', simulated.slices, real.slices],
    ['parts', simulated.parts, real.parts],
    ['uploads', simulated.uploads, real.uploads],
    ['files', simulated.files, real.files],
    ['batches', simulated.batches, real.batches],
    ['invocations of export-window', simulated.invocations.export, real.invocations.export],
    ['invocations of load-window', simulated.invocations.load, real.invocations.load],
  ];
  return [
    ...counted.map(([what, said, done]) => `${what}: ${said} simulated, ${done} run`),
    `${real.events} events, ${real.lines} lines sent, ${real.rows} rows in the dataset, ${real.wrongRows} wrong`,
  ];
}
