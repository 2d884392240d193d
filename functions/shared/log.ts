import { Logger } from '@aws-lambda-powertools/logger';

/** Facts about one step: names, counts, bytes, durations, ids. Never a property value, never a secret. */
export type LogFields = Readonly<
  Record<string, string | number | boolean | null | undefined | readonly string[]>
>;

/**
 * Structured log. The message is a stable key that queries and the local host rely on
 * (`Export:Part:Stored`); everything that varies is a field.
 */
export interface Log {
  /** Says whose work the next lines are about: fields of each of them, in place of those given before. */
  begin(fields: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** One JSON line per entry on standard output, as Lambda's log collection reads it. */
export function createLog(fields: LogFields): Log {
  const logger = new Logger({ serviceName: 'mixpanel-source-connector', persistentKeys: { ...fields } });
  return {
    begin(about) {
      logger.resetKeys();
      logger.appendKeys({ ...about });
    },
    info: (message, extra = {}) => logger.info(message, { ...extra }),
    warn: (message, extra = {}) => logger.warn(message, { ...extra }),
    error: (message, extra = {}) => logger.error(message, { ...extra }),
  };
}
