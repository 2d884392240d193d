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
