import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { createLineScanner } from '../../functions/shared/ndjson.ts';
import { exitCodes } from '../failure.ts';
import { printable } from '../operator/printable.ts';
import { type Coverage, createCoverage } from './coverage.ts';
import { fieldsRead, propertiesRead } from './names-read.ts';
import { inputFailure, isBrokenPipe, openInput, type PreviewStreams } from './open-input.ts';
import { openMapping, type PreviewMapping } from './open-mapping.ts';
import type { PreviewOptions } from './preview-options.ts';
import type { PreviewSource } from './preview-source.ts';
import { mixpanelRecords, type ReadRecord, rawRecords, storedRecords } from './read-record.ts';
import { recordJson, recordView } from './record-view.ts';
import { openStoredRun } from './stored-run.ts';

/**
 * Maps the records of the input and writes what became of each.
 *
 * @returns the exit code.
 * @throws {ConfigError} when options, mapping set, configuration or schema are wrong.
 */
export async function runPreview(options: PreviewOptions, streams: PreviewStreams): Promise<number> {
  const mapping = openMapping(options);
  const { rules } = mapping.set;
  const coverage = createCoverage(options.raw ? fieldsRead(rules) : propertiesRead(rules));
  const records = await openRecords(options, mapping.source, streams);
  const showLine = lineViewer(records.read, { options, mapping, coverage, notices: streams.notices });
  try {
    const views = viewLines(showLine, options.json ? undefined : coverage);
    const viewed = streams.isTerminal === true ? forTerminal(views) : views;
    if (records.isGzip) {
      await pipeline(records.lines, createGunzip(), viewed, streams.output, { end: false });
    } else await pipeline(records.lines, viewed, streams.output, { end: false });
  } catch (cause) {
    if (!isBrokenPipe(cause)) throw inputFailure(cause);
    // Whoever reads has seen enough, as `head` does.
  } finally {
    records.close();
  }
  return exitCode(options, coverage, streams.notices);
}

interface OpenRecords {
  readonly lines: Readable;
  readonly isGzip: boolean;
  readonly read: ReadRecord;
  close(): void;
}

async function openRecords(
  options: PreviewOptions,
  source: PreviewSource,
  streams: PreviewStreams,
): Promise<OpenRecords> {
  if (options.run !== undefined) {
    const { manifest, lines, close } = await openStoredRun(options.run, options);
    const { run, parts, records, duplicates } = manifest;
    streams.notices(
      `run ${run}: ${records} lines in ${parts.length} parts, of which ${duplicates} lost against a duplicate and are passed over\n`,
    );
    return { lines, isGzip: false, read: storedRecords(source, manifest), close };
  }
  const input = options.input ?? '-';
  const lines = await openInput(input, streams);
  const read = options.raw ? rawRecords : mixpanelRecords(source);
  return { lines, isGzip: input.endsWith('.gz'), read, close: () => {} };
}

/** Shows one line: its text on standard output, or none for a blank line. */
type ShowLine = (line: Buffer, number: number) => string;

interface LineView {
  readonly options: PreviewOptions;
  readonly mapping: PreviewMapping;
  readonly coverage: Coverage;
  readonly notices: (text: string) => void;
}

function lineViewer(read: ReadRecord, { options, mapping, coverage, notices }: LineView): ShowLine {
  return (line, number) => {
    const content = number === 1 ? withoutByteOrderMark(line) : line;
    if (isBlank(content)) return '';
    const found = read(content);
    if ('problem' in found) {
      coverage.addUnreadable();
      const reason = `line ${number}: ${found.problem}`;
      notices(`${reason}\n`);
      // Programs get a line for this one too, so that theirs and ours stay side by side.
      return options.json
        ? recordJson({ text: undefined, errors: [], rejected: [{ path: '', reason }] })
        : '';
    }
    const mapped = mapping.map(found.record);
    coverage.add(found.record, mapped);
    return options.json ? recordJson(mapped) : recordView(number, found.record, mapped);
  };
}

/** Texts are written together up to about so many characters: a write for each record would take twice the time. */
const writeCharacters = 64 * 1024;

/** Cuts the input into lines and gives their views. What arrived together is shown before more is waited for. */
function viewLines(showLine: ShowLine, coverage: Coverage | undefined) {
  return async function* (source: AsyncIterable<Buffer>): AsyncGenerator<string> {
    const scanner = createLineScanner();
    let number = 0;
    let text = '';
    for await (const bytes of source) {
      for (const line of scanner.push(bytes)) {
        number += 1;
        text += showLine(line, number);
        if (text.length < writeCharacters) continue;
        yield text;
        text = '';
      }
      if (text !== '') yield text;
      text = '';
    }
    const last = scanner.end();
    if (last !== undefined) text = showLine(last, number + 1);
    yield text + (coverage?.text() ?? '');
  };
}

function forTerminal(views: ReturnType<typeof viewLines>): typeof views {
  return async function* (source) {
    for await (const text of views(source)) yield printable(text);
  };
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

function withoutByteOrderMark(line: Buffer): Buffer {
  return line.subarray(0, 3).equals(byteOrderMark) ? line.subarray(3) : line;
}

/** Only blanks as JSON knows them; nearly always the first byte says that it is not. */
function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

function exitCode(options: PreviewOptions, { counts }: Coverage, notices: (text: string) => void): number {
  const { records, withErrors, rejected, unreadable } = counts;
  const hasFindings = withErrors > 0 || rejected > 0;
  if (unreadable > 0)
    notices(`connector: ${unreadable === 1 ? '1 line is' : `${unreadable} lines are`} no record\n`);
  if (options.check && hasFindings) {
    notices(`connector: of ${records} records, ${withErrors} have errors and ${rejected} are rejected\n`);
  }
  return unreadable > 0 || (options.check && hasFindings) ? exitCodes.workFailed : exitCodes.done;
}
