/** A refusal in the words of the service that was asked; the protocol layer writes it as XML or JSON. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  /** Further elements of an S3 error document, or headers' worth of detail for the JSON services. */
  readonly details: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, details: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** What this server says to everything that it does not do: a caller must never take silence for success. */
export function notImplemented(what: string): ApiError {
  return new ApiError(501, 'NotImplemented', `${what} is not part of the embedded AWS.`);
}

/** Whether an error is the operating system's, with one of these codes. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.some((code) => code === error.code);
}
