/** No vendor is waited for longer than an hour at a time: Mixpanel's limits are per hour. */
const maxRetryAfterMs = 3_600_000;

/**
 * Reads a `Retry-After` header in both of its forms: seconds, or an HTTP date.
 *
 * @returns milliseconds from now, at most an hour; undefined when the header is absent or not understood.
 */
export function parseRetryAfter(header: string | string[] | undefined, nowMs: number): number | undefined {
  const text = (Array.isArray(header) ? header[0] : header)?.trim();
  if (text === undefined || text === '') return undefined;
  const waitMs = readWait(text, nowMs);
  if (waitMs === undefined || !Number.isFinite(waitMs)) return undefined;
  return Math.min(maxRetryAfterMs, Math.max(0, waitMs));
}

function readWait(text: string, nowMs: number): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  // An HTTP date begins with the day of the week; the runtime's parser would take "-5" for a date as well.
  return /^[A-Za-z]{3}/.test(text) ? Date.parse(text) - nowMs : undefined;
}
