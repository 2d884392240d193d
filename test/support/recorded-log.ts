import type { Log, LogFields } from '../../functions/shared/log.ts';

export interface RecordedLog extends Log {
  readonly entries: { readonly level: string; readonly message: string; readonly fields: LogFields }[];
  /** Each entry as a line has it: with what it is about. */
  readonly lines: LogFields[];
}

/** A log that keeps its entries instead of printing them. */
export function createRecordedLog(): RecordedLog {
  const entries: RecordedLog['entries'] = [];
  const lines: LogFields[] = [];
  let about: LogFields = {};
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      entries.push({ level, message, fields });
      lines.push({ ...about, level, message, ...fields });
    };
  return {
    entries,
    lines,
    begin: (fields) => {
      about = fields;
    },
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  };
}
