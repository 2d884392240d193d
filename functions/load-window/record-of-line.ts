import {
  createTimeCorrection,
  eventTimeMs,
  type TimeCorrectionOptions,
  toIso,
} from '../shared/event-time.ts';
import { type Value, withExactIntegers } from '../shared/mapping/index.ts';
import { asEvent, type MixpanelEvent } from '../shared/mixpanel/event.ts';
import { connectorId, type IdentifiedEvent } from '../shared/record-identity.ts';

/** Where a record comes from; the same for all lines of a run. */
export interface RecordOrigin {
  readonly source: string;
  readonly projectId: string;
  readonly date: string;
  readonly run: string;
}

/** What a mapping sees of a Mixpanel line. */
export interface MappedSource extends MixpanelEvent {
  readonly connector: RecordOrigin & {
    readonly id: string;
    /** The true instant in UTC; undefined when the event's time can't be read. */
    readonly timestamp: string | undefined;
  };
}

/** @returns undefined for a line that is no event. */
export type RecordOfLine = (line: Buffer) => MappedSource | undefined;

/** The reader of a run's lines. Identity and time are taken from a line as every other reader of it sees it. */
export function createRecordOfLine(time: TimeCorrectionOptions, origin: RecordOrigin): RecordOfLine {
  const connectorOf = createConnectorOf(time, origin);
  return (line) => {
    const read = readEvent(line);
    return read && { ...read.exact, connector: connectorOf(read.event, line) };
  };
}

/** What the connector itself knows of an event. */
export function createConnectorOf(time: TimeCorrectionOptions, origin: RecordOrigin) {
  const toUtc = createTimeCorrection(time);
  return (event: IdentifiedEvent, line: Buffer): MappedSource['connector'] => {
    const timeMs = eventTimeMs(event.properties.time);
    const timestamp = timeMs === undefined ? undefined : toIso(toUtc(timeMs));
    return { id: connectorId(event, line), timestamp, ...origin };
  };
}

interface ReadEvent {
  readonly event: MixpanelEvent;
  /** The same with integers beyond a number's range whole: what is mapped. */
  readonly exact: MixpanelEvent;
}

function readEvent(line: Buffer): ReadEvent | undefined {
  const text = line.toString('utf8');
  let value: Value;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message is not kept: it quotes the line.
    return undefined;
  }
  const event = asEvent(value);
  if (event === undefined) return undefined;
  return { event, exact: asEvent(withExactIntegers(text, value)) ?? event };
}
