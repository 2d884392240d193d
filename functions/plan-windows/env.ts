import * as z from 'zod';
import { commonEnvironment, queueUrl, secretId } from '../shared/environment.ts';

export const planWindowsEnv = z.object({
  ...commonEnvironment,
  WINDOW_QUEUE_URL: queueUrl,
  MIXPANEL_SECRET_ID: secretId,
});

/** The hourly schedule's event: look at how the source fares, and plan nothing. */
export const watchEventSchema = z.looseObject({ watch: z.literal(true) });
export type WatchEvent = z.input<typeof watchEventSchema>;

/** What the stack must supply. */
export type PlanWindowsVariables = z.input<typeof planWindowsEnv>;
