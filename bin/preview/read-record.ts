import { createRecordOfLine } from '../../functions/load-window/record-of-line.ts';
import { eventTimeMs, toIso } from '../../functions/shared/event-time.ts';
import type { Manifest } from '../../functions/shared/manifest.ts';
import { parseExactJson } from '../../functions/shared/mapping/index.ts';
import type { PreviewSource } from './preview-source.ts';

/** A line as a mapping sees it, or why it is no record. The reason never quotes the line. */
export type ReadRecord = (line: Buffer) => { readonly record: unknown } | { readonly problem: string };

const runPlaceholder = 'preview';
const noEvent = { problem: 'it is no Mixpanel event, a JSON object with "event" and "properties"' } as const;

/** Reads the lines of a stored run: records as they are delivered. */
export function storedRecords(source: PreviewSource, manifest: Manifest): ReadRecord {
  const time = { timestamps: manifest.timestamps, zone: manifest.timezone };
  const { date, run } = manifest;
  const origin = { source: manifest.source, projectId: source.projectId, date, run };
  const recordOf = createRecordOfLine(time, origin);
  return (line) => {
    const record = recordOf(line);
    return record === undefined ? noEvent : { record };
  };
}

/** Reads Mixpanel lines exactly as the load does, `connector` object included. */
export function mixpanelRecords(source: PreviewSource): ReadRecord {
  const time = { timestamps: source.timestamps, zone: source.timezone };
  const origin = { source: source.id, projectId: source.projectId, date: '', run: runPlaceholder };
  const recordOf = createRecordOfLine(time, origin);
  return (line) => {
    const record = recordOf(line);
    if (record === undefined) return noEvent;
    const timeMs = eventTimeMs(record.properties.time);
    // A window is named by the time as stored, before any zone correction.
    const date = timeMs === undefined ? '' : toIso(timeMs).slice(0, 'YYYY-MM-DD'.length);
    return { record: { ...record, connector: { ...record.connector, date } } };
  };
}

/** Takes each line's JSON value as the whole source. */
export const rawRecords: ReadRecord = (line) => {
  try {
    return { record: parseExactJson(line.toString('utf8')) };
  } catch {
    return { problem: 'it is no JSON' };
  }
};
