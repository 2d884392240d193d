import * as z from 'zod';
import { commonEnvironment, positiveCount, queueUrl, secretId } from '../shared/environment.ts';

export const loadWindowEnv = z.object({
  ...commonEnvironment,
  LOAD_QUEUE_URL: queueUrl,
  LOAD_DEAD_LETTER_QUEUE_URL: queueUrl,
  PLATFORM_SECRET_ID: secretId,
  MAX_RECEIVE_COUNT: positiveCount,
});

/** What the stack must supply. */
export type LoadWindowVariables = z.input<typeof loadWindowEnv>;
