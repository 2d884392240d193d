import type { Log, LogFields } from '../../functions/shared/log.ts';

export interface RecordedLog extends Log {
  readonly entries: { readonly level: string; readonly message: string; readonly fields: LogFields }[];
}

/** A log that keeps its entries instead of printing them. */
export function createRecordedLog(): RecordedLog {
  const entries: RecordedLog['entries'] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) =>
      void entries.push({ level, message, fields });
  return { entries, info: at('info'), warn: at('warn'), error: at('error') };
}
