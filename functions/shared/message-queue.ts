/** SQS refuses an attribute that holds any of these. */
const unsendable = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/** A text as an attribute of a message may have it. */
export function sendable(text: string): string {
  return text.replaceAll(unsendable, '?');
}

/** One SQS queue as the work modules see it. */
export interface MessageQueue {
  /**
   * @param delaySeconds 0 to 900 (SQS allows no more); larger values are cut to 900.
   * @param attributes string attributes beside the body, at most 10.
   */
  send(
    body: unknown,
    options?: { readonly delaySeconds?: number; readonly attributes?: Readonly<Record<string, string>> },
  ): Promise<void>;
}

/** A queue whose messages a function takes. */
export interface WorkQueue extends MessageQueue {
  /** Makes a received message visible again after so many seconds from now; at most 12 hours. */
  hide(receiptHandle: string, seconds: number): Promise<void>;
}
