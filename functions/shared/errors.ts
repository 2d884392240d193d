/** What every error of the connector may say about where it happened. Never a property value, never a secret. */
export interface ErrorContext {
  readonly source?: string;
  readonly window?: string;
  readonly run?: string;
  readonly part?: string;
}

export interface ConnectorErrorOptions {
  readonly cause?: unknown;
  readonly context?: ErrorContext;
}

/**
 * Base of the errors that the connector raises on purpose. Whether a retry can help is a property of the type:
 * the handlers decide by `retryable` alone.
 */
export class ConnectorError extends Error {
  override readonly name: string = 'ConnectorError';
  readonly code: string;
  readonly retryable: boolean;
  readonly context: ErrorContext;

  constructor(code: string, message: string, retryable: boolean, options: ConnectorErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = retryable;
    this.context = options.context ?? {};
  }
}

/** A passing fault: the message goes back to its queue and is tried again after a pause. */
export class RetryableError extends ConnectorError {
  override readonly name = 'RetryableError';
  /** What the vendor asked us to wait, in milliseconds, where it did. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: string,
    message: string,
    options: ConnectorErrorOptions & { readonly retryAfterMs?: number } = {},
  ) {
    super(code, message, true, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/**
 * Nothing is wrong, but it is not the time yet (rate limit, another delivery of the window is open, a batch is
 * still being ingested). The message is sent anew with a delay, so that waiting never uses up its receive count.
 */
export class DeferredError extends ConnectorError {
  override readonly name = 'DeferredError';
  readonly delayMs: number;
  /** Whether each further wait in a row is longer: a vendor throttles and does not say for how long. */
  readonly grows: boolean;

  constructor(
    code: string,
    message: string,
    delayMs: number,
    options: ConnectorErrorOptions & { readonly grows?: boolean } = {},
  ) {
    super(code, message, true, options);
    this.delayMs = delayMs;
    this.grows = options.grows ?? false;
  }
}

/** No retry can help: the message goes to the dead-letter queue at once, with this reason. */
export class TerminalError extends ConnectorError {
  override readonly name: string = 'TerminalError';

  constructor(code: string, message: string, options: ConnectorErrorOptions = {}) {
    super(code, message, false, options);
  }
}

/** Configuration, an environment, a secret or a message is not what it must be. Names each problem found. */
export class ConfigError extends TerminalError {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(what: string, problems: readonly string[], options: ConnectorErrorOptions = {}) {
    super('config_invalid', `${what}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`, options);
    this.problems = problems;
  }
}

/** The code of what was written by a newer release, in a form that this one does not know. */
export const newerFormat = 'newer_format';

/** The code of an object that must not be read whole: nothing that we write is so large. */
export const tooLargeObject = 'object_too_large';

/** Whether the error says that what lies there can't be understood, rather than that it could not be had. */
export function isUnreadable(error: unknown): error is ConnectorError {
  if (error instanceof ConfigError) return true;
  return error instanceof ConnectorError && (error.code === newerFormat || error.code === tooLargeObject);
}

/** A `ConfigError` with a single problem, which needs no dash. */
const oneProblem = /^([^\n]*:)\n {2}- ([^\n]*)$/;

/** The text of anything thrown, with its causes, on one line. */
export function describeError(error: unknown): string {
  const texts: string[] = [];
  let current: unknown = error;
  // Five levels are more than our own errors nest; the bound ends a cycle of causes.
  for (let depth = 0; depth < 5 && current !== undefined && current !== null; depth += 1) {
    const text = current instanceof Error ? current.message || current.name : String(current);
    if (!texts.includes(text)) texts.push(text);
    current = current instanceof Error ? current.cause : undefined;
  }
  return texts
    .map((text) => text.replace(oneProblem, '$1 $2'))
    .join(': ')
    .replaceAll(/\s*\n\s*/g, ' ');
}
