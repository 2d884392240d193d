import type { Command } from 'commander';
import * as z from 'zod';

const wholeNumber = (what: string) =>
  z
    .string()
    .regex(/^[1-9]\d{0,14}$/, `must be ${what}, a positive whole number`)
    .transform(Number)
    .optional();

/** Options that state volumes, where none are measured or others are meant. */
export const volumeOptions = {
  eventsPerDay: wholeNumber('events in a day'),
  eventBytes: wholeNumber('bytes of an event'),
} as const;

export interface GivenVolumes {
  readonly eventsPerDay?: number | undefined;
  readonly eventBytes?: number | undefined;
}

/** An event as Mixpanel exports it has from 0.5 to 4 KB. */
export const usualEventBytes = 1000;

export function addVolumeOptions(command: Command): Command {
  return command
    .option(
      '--events-per-day <count>',
      'reckon with so many events a day (default: the average of the last four weeks)',
    )
    .option(
      '--event-bytes <count>',
      `reckon with so many bytes for an event (default: as measured, or ${usualEventBytes})`,
    );
}
