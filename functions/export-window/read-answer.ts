import { once } from 'node:events';
import { type Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { ConnectorError, type ErrorContext } from '../shared/errors.ts';
import type { ExportAnswer } from '../shared/mixpanel/mixpanel-client.ts';
import { createLineScanner, LineTooLongError } from '../shared/ndjson.ts';
import { incomplete } from './parse-line.ts';

/** First byte of every gzip stream; as a control character it can't begin JSON text. */
const gzipMagic = 0x1f;
/** gunzip's output per call. The default of 16 KB would switch threads sixteen times as often. */
const gunzipChunkBytes = 256 * 1024;
/** Unzipped and not yet read, so that reading goes on while gunzip waits for bytes: some 10 ms of work. */
const readAheadBytes = 1024 * 1024;
/**
 * Read per turn of the event loop, 1 to 2 ms of work: gunzip and gzip hand over what they finished, and begin anew,
 * between two turns only. As it is less than gunzip gives per turn, gunzip gets ahead.
 */
const turnBytes = 128 * 1024;

/** What an answer is read from. */
export type AnswerBody = Pick<ExportAnswer, 'body' | 'contentEncoding' | 'framed'>;

/** Takes the lines of an export, in order. */
export interface LineSink {
  /** Returns a promise only where the next line must wait. */
  line(line: Buffer, number: number): Promise<void> | undefined;
}

export interface ReadOptions {
  readonly context: ErrorContext;
  readonly signal: AbortSignal;
  readonly maxLineBytes: number | undefined;
}

/**
 * Reads the answer to its end, line by line, and proves that the end is one: HTTP's framing and gzip's trailer are
 * both demanded where they exist, and one of them must.
 *
 * @returns whether the last line ended with a newline; true for an answer without lines.
 * @throws {RetryableError} `export_incomplete`
 */
export async function readLines(answer: AnswerBody, sink: LineSink, options: ReadOptions): Promise<boolean> {
  const { body } = answer;
  const { context, signal } = options;
  const reader = lineReader(sink, options);
  try {
    if (await isGzip(answer, options)) {
      await pipeline(body, createGunzip({ chunkSize: gunzipChunkBytes }), reader.stream, { signal });
    } else {
      await pipeline(body, reader.stream, { signal });
    }
    return reader.newlineEnded();
  } catch (error) {
    body.destroy();
    // While the sink still works at a line, whoever gives the run up would find it written to.
    await reader.settled();
    // What goes wrong with the lines is told apart from what goes wrong with the transfer.
    const failure = reader.failure();
    if (failure !== undefined) throw failure;
    if (signal.aborted || error instanceof ConnectorError) throw error;
    throw incomplete('the body did not end cleanly', context, error);
  }
}

/**
 * Follows `Content-Encoding`: Mixpanel sends short bodies plain although gzip was asked for. A body that is gzip
 * without saying so, behind a proxy that lost the header, is taken for what it is.
 */
async function isGzip({ body, contentEncoding, framed }: AnswerBody, options: ReadOptions): Promise<boolean> {
  if (contentEncoding === 'gzip' || contentEncoding === 'x-gzip') return true;
  if (contentEncoding !== undefined && contentEncoding !== 'identity') {
    throw incomplete('the body came in an encoding that was not asked for', options.context);
  }
  if ((await firstByte(body, options.signal)) === gzipMagic) return true;
  if (framed) return false;
  throw incomplete(
    'the answer has neither length nor chunks nor gzip: its end proves nothing',
    options.context,
  );
}

/** Looks at a body's first byte and puts it back; undefined when there is none. */
async function firstByte(body: Readable, signal: AbortSignal): Promise<number | undefined> {
  if (body.readableLength === 0 && !body.readableEnded && !body.destroyed) {
    const over = new AbortController();
    const options = { signal: AbortSignal.any([signal, over.signal]) };
    // An empty body that has ended already says `end` alone.
    await Promise.race([once(body, 'readable', options), once(body, 'end', options)]).finally(() =>
      over.abort(),
    );
  }
  const head: unknown = body.read();
  if (!Buffer.isBuffer(head)) return undefined;
  body.unshift(head);
  return head[0];
}

/** Gives the lines of the bytes written to it to the sink. */
function lineReader(sink: LineSink, { context, maxLineBytes }: ReadOptions) {
  const scanner = createLineScanner(maxLineBytes);
  let number = 0;
  let newlineEnded = true;
  let failure: unknown;
  let given: Promise<void> = Promise.resolve();

  const pushLines = async (bytes: Buffer) => {
    for (const line of scanned(bytes)) {
      number += 1;
      const wait = sink.line(line, number);
      if (wait === undefined) continue;
      await wait;
      // The transfer failed meanwhile.
      if (stream.destroyed) return;
    }
  };
  const push = async (bytes: Buffer) => {
    for (let start = 0; start < bytes.length && !stream.destroyed; start += turnBytes) {
      await pushLines(bytes.subarray(start, start + turnBytes));
      await nextTurn();
    }
  };
  const end = async () => {
    const rest = scanner.end();
    newlineEnded = rest === undefined;
    if (rest !== undefined) await sink.line(rest, number + 1);
  };
  const fail = (error: unknown, done: (error: Error) => void) => {
    failure = error;
    done(error instanceof Error ? error : new Error(String(error)));
  };
  const stream = new Writable({
    highWaterMark: readAheadBytes,
    write(bytes: Buffer, _encoding, done) {
      given = push(bytes);
      given.then(
        () => done(),
        (error: unknown) => fail(error, done),
      );
    },
    final(done) {
      given = end();
      given.then(
        () => done(),
        (error: unknown) => fail(error, done),
      );
    },
  });
  return {
    stream,
    newlineEnded: () => newlineEnded,
    failure: () => failure,
    /** Settles, without throwing, once the sink works at no line any more. */
    settled: () => given.catch(() => undefined),
  };

  function scanned(bytes: Buffer): Buffer[] {
    try {
      return scanner.push(bytes);
    } catch (error) {
      if (!(error instanceof LineTooLongError)) throw error;
      throw incomplete(`a line after line ${number} is longer than any event`, context, error);
    }
  }
}
