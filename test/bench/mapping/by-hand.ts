import { hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import { partKey } from '../../../functions/shared/object-keys.ts';
import { measure } from '../export/protocol.ts';
import { type HandWrittenRow, mapByHand } from './hand-written-mapping.ts';
import { openOutput } from './output.ts';
import { pieceBytes, runRef, settings } from './settings.ts';

/**
 * The same job by a program written for it and for nothing else: `by-hand.mjs ARCHIVE PARTS [OUTPUT]`. It checks,
 * counts and proves nothing, and nothing about it can be configured.
 */
const { date, run, source } = runRef;
const { projectId } = settings.mixpanel;

/** Integers that a number would cut short. Every property that holds one becomes text, so it may be read as text. */
const longInteger = /(?<=[:,[])-?\d{17,}(?=[,\]}])/g;

function rowOf(line: string): string {
  const { event, properties }: HandWrittenRow = JSON.parse(line.replace(longInteger, '"$&"'));
  const { time, $insert_id: insertId, $distinct_id_before_identity: before, distinct_id } = properties;
  const timeMs = Number(time);
  const key = [1, event, insertId, timeMs, before ?? distinct_id];
  const text = JSON.stringify(insertId === undefined ? [1, hash('sha256', line)] : key);
  const id = hash('sha256', text).slice(0, 32);
  const timestamp = new Date(timeMs).toISOString();
  return mapByHand(event, properties, { id, timestamp, source, projectId, date, run });
}

async function mapParts([folder = '', parts = '', file]: readonly string[]): Promise<void> {
  const output = openOutput(file);
  await measure(async () => {
    let lines = 0;
    let rows = '';
    const flush = () => {
      output.write(Buffer.from(rows));
      rows = '';
    };
    const mapAll = async (pieces: AsyncIterable<Buffer>) => {
      const decoder = new StringDecoder('utf8');
      let rest = '';
      for await (const piece of pieces) {
        const found = (rest + decoder.write(piece)).split('\n');
        rest = found.pop() ?? '';
        for (const line of found) {
          rows += `${rowOf(line)}\n`;
          if (rows.length >= pieceBytes) flush();
        }
        lines += found.length;
      }
    };
    for (const part of parts.split(',').map(Number)) {
      const stored = createReadStream(join(folder, partKey(runRef, part)), { highWaterMark: pieceBytes });
      await pipeline(stored, createGunzip({ chunkSize: pieceBytes }), mapAll);
    }
    flush();
    output.close();
    return { lines, bytes: output.bytes, duplicates: 0 };
  });
}

await mapParts(process.argv.slice(2));
