import { createBoundedSample } from './bounded-sample.ts';
import { eventTimeMs } from './event-time.ts';
import { decideTimestamps, type TimestampCounts, type WeighedTimestamps } from './timestamp-decision.ts';
import { createZoneOffsets } from './zone-offsets.ts';

export {
  addTimestampCounts,
  type StoredTimestampDecision,
  storedTimestampDecisionSchema,
  type TimestampCounts,
  timestampEvidenceSchema,
} from './timestamp-decision.ts';

/** One event, as the evidence needs it. */
export interface TimestampedEvent {
  /** As stored, before any correction: see `eventTimeMs`. */
  readonly timeMs: number;
  /** `$mp_api_timestamp_ms`: when Mixpanel received the event, in true UTC. Preferred, since it comes first. */
  readonly apiTimestampMs?: number | undefined;
  /** `mp_processing_time_ms`: when Mixpanel handled it, in true UTC. */
  readonly processingTimeMs?: number | undefined;
  /** `$import`: sent through the import API. */
  readonly imported: boolean;
}

export interface TimestampEvidence {
  /** Takes one event into account. Memory does not grow with the number of events. */
  add(event: TimestampedEvent): void;
  /** What was seen so far. */
  counts(): TimestampCounts;
}

/**
 * A timely event is stamped from 2 minutes before its time (a device's clock runs ahead) to 15 minutes after. Web
 * clients send within seconds, phones each minute or when the app goes to the background, so most events of any
 * source are timely; the rest trickles in over up to 5 days, thinly spread.
 */
const earliestTimelyMs = -2 * 60_000;
const latestTimelyMs = 15 * 60_000;
const timelyWidthMs = latestTimelyMs - earliestTimelyMs;

/** Nearer to UTC the ranges compared would overlap. Apart from UTC itself no zone has been that near since 1972. */
const smallestOffsetMs = 2 * timelyWidthMs;

/** The median of so many is, 19 times in 20, within 3 % of the true one by rank; more would only cost memory. */
const sampleSize = 1024;

/**
 * Measures how a source stores time, by the delay from an event's stored time to Mixpanel's own stamp of it. Stored
 * as UTC, most delays are near 0; stored as the project's wall time, most are near minus the zone's offset.
 *
 * Late events blur this: one that is 7 hours late in UTC looks like a timely one at offset -7. But lateness is
 * spread out, while timely events begin abruptly. So each way is credited only with what its timely range has more
 * than the range of equal width just below it.
 */
export function createTimestampEvidence(zone: string): TimestampEvidence {
  const offsets = createZoneOffsets(zone);
  const delays = createBoundedSample(sampleSize);
  const offsetsSeen = createBoundedSample(sampleSize);
  const counts = {
    events: 0,
    affected: 0,
    imported: 0,
    unstamped: 0,
    atUtc: 0,
    nearUtc: 0,
    belowUtc: 0,
    nearProject: 0,
    belowProject: 0,
    elsewhere: 0,
  };

  function kindOf(event: TimestampedEvent): Exclude<keyof typeof counts, 'events' | 'affected'> {
    if (event.imported) return 'imported';
    const stampMs = event.apiTimestampMs ?? event.processingTimeMs;
    if (stampMs === undefined || !isStamp(stampMs)) return 'unstamped';
    // A timely event happened when it was stamped, and the stamp's instant is certain: so is the offset there.
    const offsetMs = offsets.offsetAt(stampMs);
    const delayMs = stampMs - event.timeMs;
    delays.add(delayMs / 1000);
    offsetsSeen.add(offsetMs / 1000);
    if (Math.abs(offsetMs) < smallestOffsetMs) return 'atUtc';
    const [asUtc, asProject] = [rangeOf(delayMs), rangeOf(delayMs + offsetMs)];
    if (asUtc !== undefined) return asUtc === 'near' ? 'nearUtc' : 'belowUtc';
    if (asProject !== undefined) return asProject === 'near' ? 'nearProject' : 'belowProject';
    return 'elsewhere';
  }

  return {
    add(event) {
      counts.events += 1;
      if (offsets.wallToUtc(event.timeMs) !== event.timeMs) counts.affected += 1;
      counts[kindOf(event)] += 1;
    },
    counts: () => ({
      ...counts,
      medianDelaySeconds: delays.median(),
      medianOffsetSeconds: offsetsSeen.median(),
    }),
  };
}

/** The part of an event that tells how its time is stored, any value under each name. */
export interface StampedEvent {
  readonly properties: {
    readonly time?: unknown;
    readonly $mp_api_timestamp_ms?: unknown;
    readonly mp_processing_time_ms?: unknown;
    readonly $import?: unknown;
  };
}

/** Takes one event of an export into account. */
export function addEvidence(evidence: TimestampEvidence, { properties }: StampedEvent): void {
  const timeMs = eventTimeMs(properties.time);
  // Without a time there is nothing to read wrongly.
  if (timeMs === undefined) return;
  evidence.add({
    timeMs,
    apiTimestampMs: eventTimeMs(properties.$mp_api_timestamp_ms),
    processingTimeMs: eventTimeMs(properties.mp_processing_time_ms),
    imported: properties.$import === true,
  });
}

/** What the events say. With none at all only a zone that never leaves UTC is decided, as `same`. */
export function weighTimestamps(evidence: TimestampCounts, zone: string): WeighedTimestamps {
  if (!createZoneOffsets(zone).isAlwaysUtc) return decideTimestamps(evidence, zone);
  return {
    decision: 'same',
    firm: false,
    explanation: `${zone} never leaves UTC, so nothing needs deciding`,
  };
}

function rangeOf(delayMs: number): 'near' | 'below' | undefined {
  if (delayMs >= latestTimelyMs || delayMs < earliestTimelyMs - timelyWidthMs) return undefined;
  return delayMs >= earliestTimelyMs ? 'near' : 'below';
}

/** Old lines may carry anything under the stamps' names; no calendar has an offset for times beyond the year 9999. */
function isStamp(ms: number): boolean {
  return ms > 0 && ms < Date.UTC(10_000, 0, 1);
}
