import type { SourceSettings } from '../source-settings.ts';

/**
 * Adobe's limits and advice for a feed by Batch Ingestion (experience-platform.en: ingestion/guardrails,
 * ingestion/batch-ingestion/overview, profile/guardrails, read in 2026). Where two of its pages name different numbers,
 * the smaller one stands here, which satisfies both.
 */
export const guardrails = {
  /** Advised, for all datasets of a sandbox together that feed Profile. */
  batchesPerDay: 90,
  /** Per user; newer pages say 2,000. */
  batchesPerMinute: 138,
  /** Through the Batch Ingestion API into the lake. */
  bytesPerHour: 20e9,
  /** Newer pages enforce 25,000 and advise 10,000. */
  filesPerBatch: 1500,
  /** Newer pages enforce 1 TB and advise 100 GB. */
  bytesPerBatch: 100e9,
  /** Of one PUT. */
  bytesPerFile: 256e6,
  /** Profile drops larger events, as uncompressed JSON, without failing their batch. */
  bytesPerProfileEvent: 10 * 1024,
} as const;

/** What a source's day comes to. */
export interface DayVolume {
  /** Rows of one window. */
  readonly rows: number;
  /** Bytes of a row as it is uploaded. */
  readonly bytesPerRow: number;
}

/** One limit, and what the configuration comes to. */
export interface GuardrailCheck {
  readonly guardrail: keyof typeof guardrails;
  /** The source, or the sandbox, that it is about. */
  readonly subject: string;
  readonly limit: number;
  readonly expected: number;
  readonly kept: boolean;
  /** What it means and what to do, in a sentence. */
  readonly meaning: string;
}

/** Names a sandbox; sources of one sandbox share its limits. */
export function sandboxOf({ platform }: Pick<SourceSettings, 'platform'>): string {
  return `${platform.orgId}/${platform.sandbox}`;
}

/** Windows that the schedules of all sources of this source's sandbox may deliver in a day. */
export function dailyWindows(sources: readonly SourceSettings[], source: SourceSettings): number {
  return sources
    .filter((other) => sandboxOf(other) === sandboxOf(source) && other.schedule.enabled)
    .reduce((sum, { schedule }) => sum + schedule.lookbackDays + 1, 0);
}

/** Batches a day that backfill may open in a sandbox: at least one, so that it ends one day. */
export function dailyBackfillBatches(dailyBatchBudget: number, dailyReserve: number): number {
  return Math.max(1, dailyBatchBudget - dailyReserve);
}

/**
 * What a configuration comes to, beside Adobe's limits. Without volumes, only what follows from the schedules.
 *
 * @param volumes by source id, where known.
 */
export function checkGuardrails(
  sources: readonly SourceSettings[],
  volumes: ReadonlyMap<string, DayVolume> = new Map(),
): GuardrailCheck[] {
  const sandboxes = new Map(sources.map((source) => [sandboxOf(source), source]));
  return [
    ...[...sandboxes].map(([name, source]) => batchesPerDay(name, dailyWindows(sources, source))),
    ...[...sandboxes.keys()].map((name) => bytesPerHour(name, sources, volumes)).filter(isKnown),
    ...sources.flatMap((source) => {
      const volume = volumes.get(source.id);
      return volume === undefined ? [] : ofVolume(source, volume);
    }),
  ];
}

function isKnown(check: GuardrailCheck | undefined): check is GuardrailCheck {
  return check !== undefined;
}

function batchesPerDay(sandbox: string, expected: number): GuardrailCheck {
  return check('batchesPerDay', sandbox, expected, {
    kept: `at most ${expected} windows a day are delivered; unchanged ones are not sent`,
    broken: 'shorten schedule.lookbackDays: each window of the schedule may become a batch',
  });
}

/** A day's windows of a sandbox, all changed, in the one hour after the schedule. */
function bytesPerHour(
  sandbox: string,
  sources: readonly SourceSettings[],
  volumes: ReadonlyMap<string, DayVolume>,
): GuardrailCheck | undefined {
  const known = sources.filter((source) => sandboxOf(source) === sandbox && volumes.has(source.id));
  if (known.length === 0) return undefined;
  const expected = known.reduce(
    (sum, source) => sum + dayBytes(volumes.get(source.id)) * (source.schedule.lookbackDays + 1),
    0,
  );
  const hours = Math.ceil(expected / guardrails.bytesPerHour);
  return check('bytesPerHour', sandbox, expected, {
    kept: 'if every window has changed, all are delivered within an hour',
    broken: `if every window has changed, uploads are spread over ${hours} hours`,
  });
}

function ofVolume(source: SourceSettings, volume: DayVolume): GuardrailCheck[] {
  const bytes = dayBytes(volume);
  const ofBatch = check('bytesPerBatch', source.id, bytes, {
    kept: 'a window fits into one batch',
    broken: 'divide the project into several sources by mixpanel.events or mixpanel.where',
  });
  if (!source.platform.profile) return [ofBatch];
  return [
    ofBatch,
    check('bytesPerProfileEvent', source.id, volume.bytesPerRow, {
      kept: 'events of this size fit into Profile; larger ones are rejected with their reason',
      broken: 'Profile drops events of this size: map fewer properties, or set platform.profile to false',
    }),
  ];
}

function dayBytes(volume: DayVolume | undefined): number {
  return volume === undefined ? 0 : volume.rows * volume.bytesPerRow;
}

function check(
  guardrail: keyof typeof guardrails,
  subject: string,
  expected: number,
  meaning: { readonly kept: string; readonly broken: string },
): GuardrailCheck {
  const limit = guardrails[guardrail];
  const kept = expected <= limit;
  return { guardrail, subject, limit, expected, kept, meaning: kept ? meaning.kept : meaning.broken };
}
