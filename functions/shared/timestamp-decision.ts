import * as z from 'zod';
import { formatVersion } from './stored-format.ts';

/**
 * How a source stores `time`, as measured. `same`: both ways give the same instant for every event seen, so there is
 * nothing to decide. `mixed`: both ways have real support. `unknown`: too little to go by.
 */
export const timestampDecisions = ['utc', 'project', 'same', 'unknown', 'mixed'] as const;
export type TimestampDecision = (typeof timestampDecisions)[number];

const count = z.int().nonnegative();

/** What was measured: counts and differences of times alone, never a property's value. */
export const timestampEvidenceSchema = z.object({
  events: count,
  /** Events whose instant depends on the decision. */
  affected: count,
  /** From here on, each event is counted once. Imported: backdated at will, so its delay says nothing. */
  imported: count,
  /** No server stamp to compare with. */
  unstamped: count,
  /** Sent when the zone was at UTC: its delay is the same both ways. */
  atUtc: count,
  /** Its delay is that of a timely event if stored as UTC; or lies in the range of equal width just below that. */
  nearUtc: count,
  belowUtc: count,
  /** The same, if stored as the project's wall time. */
  nearProject: count,
  belowProject: count,
  /** None of these: sent late, or by a device with a wrong clock. */
  elsewhere: count,
  /** From stored time to server stamp, over a sample; null without events to compare. */
  medianDelaySeconds: z.number().nullable(),
  /** The zone's offset when they were received, over the same sample. */
  medianOffsetSeconds: z.number().nullable(),
});
export type TimestampCounts = z.output<typeof timestampEvidenceSchema>;

/** The evidence of several parts of a window. The medians are those of the part with the most events. */
export function addTimestampCounts(parts: readonly TimestampCounts[]): TimestampCounts | undefined {
  return parts.reduce<TimestampCounts | undefined>((total, part) => {
    if (total === undefined) return part;
    const larger = total.events >= part.events ? total : part;
    return {
      events: total.events + part.events,
      affected: total.affected + part.affected,
      imported: total.imported + part.imported,
      unstamped: total.unstamped + part.unstamped,
      atUtc: total.atUtc + part.atUtc,
      nearUtc: total.nearUtc + part.nearUtc,
      belowUtc: total.belowUtc + part.belowUtc,
      nearProject: total.nearProject + part.nearProject,
      belowProject: total.belowProject + part.belowProject,
      elsewhere: total.elsewhere + part.elsewhere,
      medianDelaySeconds: larger.medianDelaySeconds,
      medianOffsetSeconds: larger.medianOffsetSeconds,
    };
  }, undefined);
}

/** What is known of a source: the object at `timestampsKey(source)`. */
export const storedTimestampDecisionSchema = z.object({
  version: formatVersion(1),
  source: z.string().min(1),
  decision: z.enum(timestampDecisions),
  timezone: z.string().min(1),
  decidedAt: z.iso.datetime(),
  run: z.string().min(1),
  evidence: timestampEvidenceSchema,
});
export type StoredTimestampDecision = z.output<typeof storedTimestampDecisionSchema>;

/** Fewer timely events decide nothing: that twenty wrong clocks agree by chance is not to be expected. */
const fewestTimely = 20;

/** Below either, the lesser way is noise: wrong clocks, or senders that happen to wait as long as the offset. */
const fewestMixed = 5;
const smallestMixedShare = 0.1;

export interface WeighedTimestamps {
  readonly decision: TimestampDecision;
  /** Whether the decision may stand for every later run. A few events that all agree decide for their own run. */
  readonly firm: boolean;
  /** A sentence for the operator. */
  readonly explanation: string;
}

/** Weighs the evidence. */
export function decideTimestamps(evidence: TimestampCounts, zone: string): WeighedTimestamps {
  if (evidence.events > 0 && evidence.affected === 0) {
    return {
      decision: 'same',
      firm: false,
      explanation: `${zone} was at UTC at every time seen, so nothing needs deciding`,
    };
  }
  const utc = supportOf(evidence.nearUtc, evidence.belowUtc);
  const project = supportOf(evidence.nearProject, evidence.belowProject);
  const seen =
    `read as UTC, ${evidence.nearUtc} events were sent in time (${evidence.belowUtc} seem just too early); ` +
    `read as time of ${zone}, ${evidence.nearProject} were (${evidence.belowProject} seem just too early)`;
  const lesser = Math.min(utc, project);
  if (utc + project < fewestTimely) {
    const agreed = agreedBy(evidence);
    if (agreed !== undefined) return { decision: agreed, firm: false, explanation: seen };
    return {
      decision: 'unknown',
      firm: false,
      explanation: `too few events to tell, ${fewestTimely} are needed: ${seen}`,
    };
  }
  if (lesser >= fewestMixed && lesser >= smallestMixedShare * (utc + project)) {
    return { decision: 'mixed', firm: false, explanation: `both ways of storing time are in use: ${seen}` };
  }
  return { decision: utc > project ? 'utc' : 'project', firm: true, explanation: seen };
}

/**
 * What a window with few events says: most of them were sent in time if read one way, and none if read the other.
 * Undefined when they say less; late events may look timely by chance.
 */
function agreedBy(evidence: TimestampCounts): 'utc' | 'project' | undefined {
  const { nearUtc, belowUtc, nearProject, belowProject, elsewhere } = evidence;
  const most = (nearUtc + belowUtc + nearProject + belowProject + elsewhere) / 2;
  if (nearUtc > most && nearProject === 0) return 'utc';
  return nearProject > most && nearUtc === 0 ? 'project' : undefined;
}

/** How many more than just below, less what chance may add: three standard deviations of a count of that size. */
function supportOf(near: number, below: number): number {
  return Math.max(0, near - below - 3 * Math.sqrt(below));
}
