import * as z from 'zod';

/** Anyone who may write to a queue chooses these, and they go into the log: whatever else it is, it is left out. */
const subjectSchema = z.looseObject({
  date: z.iso.date().optional().catch(undefined),
  from: z.iso.date().optional().catch(undefined),
  run: z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .optional()
    .catch(undefined),
});

/** The window, and the run, that a message of any queue is about; of a range its first, which is at work. */
export function subjectOf(body: string): { readonly window?: string; readonly run?: string } {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    // A message that can't be read is refused by whoever must read it.
    return {};
  }
  const subject = subjectSchema.safeParse(value).data;
  const window = subject?.date ?? subject?.from;
  return {
    ...(window === undefined ? {} : { window }),
    ...(subject?.run === undefined ? {} : { run: subject.run }),
  };
}
