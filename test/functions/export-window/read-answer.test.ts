import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { constants, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type LineSink, readLines } from '../../../functions/export-window/read-answer.ts';
import type { ExportAnswer } from '../../../functions/shared/mixpanel/mixpanel-client.ts';

const pieceBytes = 64 * 1024;
const text = `${Array.from({ length: 8000 }, () => randomBytes(500).toString('hex')).join('\n')}\n`;
const plain = Buffer.from(text);
const zipped = gzipSync(plain, { level: constants.Z_BEST_SPEED });

/** An answer that counts how much of its body was taken. */
function answerOf(bytes: Buffer) {
  const taken = { bytes: 0 };
  const pieces = function* () {
    for (let start = 0; start < bytes.length; start += pieceBytes) {
      const piece = bytes.subarray(start, start + pieceBytes);
      taken.bytes += piece.length;
      yield piece;
    }
  };
  const body = Readable.from(pieces(), { objectMode: false, highWaterMark: pieceBytes });
  const answer: ExportAnswer = {
    body,
    contentEncoding: bytes === zipped ? 'gzip' : undefined,
    framed: true,
    requests: 1,
    credential: 'serviceAccount',
  };
  return { answer, taken };
}

function read(answer: ExportAnswer, sink: LineSink): Promise<boolean> {
  const { signal } = new AbortController();
  return readLines(answer, sink, { context: {}, signal, maxLineBytes: undefined });
}

/** A sink that waits at one line until it is let go. */
function waitingAt(stop: number) {
  const lines: string[] = [];
  const gate = new EventEmitter();
  const reached = once(gate, 'reached');
  const released = once(gate, 'released').then(() => undefined);
  const sink: LineSink = {
    line(line, number) {
      lines.push(line.toString('latin1'));
      if (number !== stop) return undefined;
      gate.emit('reached');
      return released;
    },
  };
  return { sink, lines, reached, release: () => gate.emit('released') };
}

describe('reading an answer', () => {
  it.each([
    ['plain', plain, 1.5e6],
    // Half of it: hexadecimal digits are zipped to that.
    ['zipped', zipped, 1.1e6],
  ])(
    'takes little more than a megabyte of text ahead of its reader when it comes %s',
    async (_, bytes, bound) => {
      const { answer, taken } = answerOf(bytes);
      const { sink, lines, reached, release } = waitingAt(1);
      const done = read(answer, sink);
      await reached;
      // Time enough for all of it.
      await sleep(200);
      expect(taken.bytes).toBeLessThan(bound);
      expect(lines).toHaveLength(1);
      release();
      expect(await done).toBe(true);
      expect(`${lines.join('\n')}\n`).toBe(text);
      expect(taken.bytes).toBe(bytes.length);
    },
  );

  it('lets other work have its turn after every 128 KB', async () => {
    const { answer } = answerOf(plain);
    let [turns, over] = [0, false];
    const count = async () => {
      for (; !over; turns += 1) await nextTurn();
    };
    const counted = count();
    await read(answer, { line: () => undefined });
    over = true;
    await counted;
    expect(turns).toBeGreaterThanOrEqual(Math.floor(plain.length / 131_072));
  });

  it('is over only when its reader is done with a line, and gives it no other, when the body fails', async () => {
    const { answer } = answerOf(zipped);
    const { sink, lines, reached, release } = waitingAt(3);
    let over = false;
    const done = read(answer, sink).finally(() => {
      over = true;
    });
    done.catch(() => undefined);
    await reached;
    answer.body.destroy(new Error('reset'));
    await sleep(50);
    expect(over).toBe(false);
    release();
    await expect(done).rejects.toMatchObject({ code: 'export_incomplete', retryable: true });
    await sleep(20);
    expect(lines).toHaveLength(3);
  });
});
