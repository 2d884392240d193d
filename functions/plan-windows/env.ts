import * as z from 'zod';
import { commonEnvironment, queueUrl } from '../shared/environment.ts';

export const planWindowsEnv = z.object({ ...commonEnvironment, WINDOW_QUEUE_URL: queueUrl });

/** What the stack must supply. */
export type PlanWindowsVariables = z.input<typeof planWindowsEnv>;
