import * as z from 'zod';
import { unreachable } from '../../functions/shared/reachable-windows.ts';

/** A window as the command line names it: a day for which Mixpanel can have events. */
export const dayOption = z.iso
  .date({ error: 'must be a day, YYYY-MM-DD', abort: true })
  .superRefine((day, context) => {
    for (const message of unreachable(day, day, Date.now())) {
      context.addIssue({ code: 'custom', input: day, message: message.replace(/^found [^;]*; /, '') });
    }
  });

/** Free text that the ledger keeps; the same limit as in a message. */
export const reasonOption = z
  .string()
  .min(1, 'must be text')
  .max(500, 'must be at most 500 characters')
  .optional();
