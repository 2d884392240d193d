import * as z from 'zod';

/**
 * How requests to Platform are written where Adobe's own pages, specifications and clients contradict one another. Each
 * default is what most of Adobe's material agrees on; another value helps where a sandbox turns out to differ.
 */
export const wireSchema = z
  .strictObject({
    replayIds: z
      .enum(['dollar', 'bare', 'braces'], 'must be dollar, bare or braces')
      .default('dollar')
      .describe(
        'How ids of replaced batches are written: after a $ as in the specification, alone, or in braces after a $',
      ),
    partialIngestionKey: z
      .enum(
        ['partialIngestionPercent', 'partialIngestionPercentage'],
        'must be partialIngestionPercent or partialIngestionPercentage',
      )
      .default('partialIngestionPercent')
      .describe(
        'Key of the share of rows that Platform may refuse: the first in pages, the second in a client',
      ),
    format: z
      .enum(['json', 'JSON'], 'must be json or JSON')
      .default('json')
      .describe('Case of the input format: samples write it small, the specification large'),
    multiLineJson: z
      .enum(['omit', 'false'], 'must be omit or false')
      .default('omit')
      .describe('Whether isMultiLineJson is left out or sent as false; both mean one object per line'),
    findByExternalId: z
      .boolean('must be true or false')
      .default(true)
      .describe('Whether a batch whose creation was not answered is looked for; without it, it stays empty'),
    dataAccess: z
      .boolean('must be true or false')
      .default(true)
      .describe(
        "Whether Platform's reasons for refused rows are fetched, from an API that is marked deprecated",
      ),
  })
  .prefault({});

/** Every default filled in. */
export type WireSettings = z.output<typeof wireSchema>;

/** An id of a batch to replace, in the form that was chosen. */
export function replayId(id: string, form: WireSettings['replayIds']): string {
  if (form === 'bare') return id;
  return form === 'braces' ? `\${${id}}` : `$${id}`;
}
