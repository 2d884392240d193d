import * as z from 'zod';
import { configSchema } from './config.ts';

/** The configuration's schema as editors read it: what a user may write, before defaults are filled in. */
export function configJsonSchema(): Record<string, unknown> {
  return {
    title: 'Mixpanel source connector: connector.config.json',
    ...z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' }),
  };
}
