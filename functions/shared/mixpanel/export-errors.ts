import { type ConnectorError, type ErrorContext, RetryableError, TerminalError } from '../errors.ts';
import { shortened } from '../vendor-request.ts';

/** An answer to an export request that is not the export. */
export interface Refusal {
  readonly status: number;
  /** Of the `Retry-After` header, where it came. */
  readonly retryAfterMs: number | undefined;
  readonly body: string;
}

/** What is being done, as the errors say it. */
export interface ExportAct {
  readonly what: string;
  readonly context: ErrorContext;
  /** Whose credential it is done with, and which secret holds it. */
  readonly account: string;
  /** Texts that no message may contain. */
  readonly secrets: readonly string[];
}

/**
 * Decides what a refused export means. The statuses are not enough: Mixpanel says 400 to a day in the future, to an
 * expired credential (Airbyte issue 25954) and to its own query timeout alike.
 */
export function classifyRefusal(refusal: Refusal, act: ExportAct): ConnectorError {
  const { status, retryAfterMs } = refusal;
  const words = wordsOf(refusal.body);
  const message = `${act.what}: HTTP ${status}: ${shortened(words, act.secrets)}`;
  const { context } = act;
  const retry = (code: string) =>
    new RetryableError(code, message, { context, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });

  if (status === 429) return retry('rate_limited');
  if (status >= 500) return retry('mixpanel_unavailable');
  if (isAuthRefusal(status, words)) {
    return new TerminalError('mixpanel_auth', `${message} (${act.account})`, { context });
  }
  if (status === 408 || (status === 400 && /timeout error/i.test(words))) return retry('mixpanel_timeout');
  if (status === 400 && /to_date cannot be later than today/i.test(words)) {
    return new TerminalError('window_in_future', message, { context });
  }
  if (status === 402) return new TerminalError('mixpanel_plan', message, { context });
  if (status >= 400) return new TerminalError('mixpanel_refused', message, { context });
  if (status >= 300) {
    // Not followed: the credential would travel to wherever the answer points.
    return new TerminalError('mixpanel_redirect', `${act.what}: HTTP ${status}: redirected; check baseUrl`, {
      context,
    });
  }
  // 204, 206 and their like: a success that is not the whole export.
  return retry('export_incomplete');
}

function isAuthRefusal(status: number, words: string): boolean {
  return (
    status === 401 || status === 403 || (status === 400 && /unable to authenticate request/i.test(words))
  );
}

/** Mixpanel's own words: the `error` of a JSON body, or else the body. The echoed request is left out. */
function wordsOf(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (
      typeof parsed === 'object' &&
      parsed !== null &&
      'error' in parsed &&
      typeof parsed.error === 'string'
    ) {
      return parsed.error;
    }
  } catch {
    // Plain text is as usual as JSON.
  }
  return body;
}
