import * as z from 'zod';
import { commonEnvironment, positiveCount, queueUrl, secretId, wholeCount } from '../shared/environment.ts';

export const loadWindowEnv = z.object({
  ...commonEnvironment,
  LOAD_QUEUE_URL: queueUrl,
  LOAD_DEAD_LETTER_QUEUE_URL: queueUrl,
  PLATFORM_SECRET_ID: secretId,
  /** Windows that all schedules of the source's sandbox deliver in a day; none where all are switched off. */
  SANDBOX_DAILY_WINDOWS: wholeCount,
  MAX_RECEIVE_COUNT: positiveCount,
});

/** What the stack must supply. */
export type LoadWindowVariables = z.input<typeof loadWindowEnv>;
