import * as z from 'zod';
import { commonEnvironment, positiveCount, queueUrl, secretId, wholeCount } from '../shared/environment.ts';

export const exportWindowEnv = z.object({
  ...commonEnvironment,
  WINDOW_QUEUE_URL: queueUrl,
  WINDOW_DEAD_LETTER_QUEUE_URL: queueUrl,
  LOAD_QUEUE_URL: queueUrl,
  MIXPANEL_SECRET_ID: secretId,
  /** Only where the source hashes properties. */
  PRIVACY_SECRET_ID: secretId.optional(),
  /** Windows that all schedules of the source's Mixpanel project export in a day; none where all are switched off. */
  PROJECT_DAILY_WINDOWS: wholeCount,
  MAX_RECEIVE_COUNT: positiveCount,
});

/** What the stack must supply. */
export type ExportWindowVariables = z.input<typeof exportWindowEnv>;
