import { refusedByPlatform } from '../reconcile/refused-by-platform.ts';
import type { SourceStatus } from './source-status.ts';
import { type TroubleOptions, troublesOf } from './troubles.ts';

/** A source as programs get it: the keys of the public interface, and all else below `details`. */
export function statusJson(status: SourceStatus, options: TroubleOptions) {
  const { settings, windows, deadLetters, running, schedule } = status;
  return {
    id: settings.id,
    windows: windows.map(({ summary }) => summary),
    deadLetters: deadLetters.count,
    running: running.length,
    details: {
      troubles: troublesOf(status, options),
      attention: status.attention,
      findings: status.findings,
      unreadable: status.unreadable,
      deadLetters: deadLetters.letters.map(({ queue, code, reason, window, request, sentAt }) => ({
        queue,
        code,
        reason,
        window: window ?? null,
        request: request ?? null,
        sentAt,
      })),
      queues: status.queues,
      backfills: status.backfills.map(({ backfill, endsMs }) => ({ ...backfill, endsAt: isoOrNull(endsMs) })),
      budget:
        status.budget === undefined
          ? null
          : {
              used: status.budget.used,
              left: status.budget.left,
              blockedUntil: isoOrNull(status.budget.blockedUntilMs),
            },
      batches: { ...status.batches, used: status.batches.used ?? null },
      reconciled: status.reconciled ?? null,
      refusedByPlatform: refusedByPlatform(status),
      schedule: {
        ...settings.schedule,
        timezone: settings.mixpanel.timezone,
        lastAt: isoOrNull(schedule.lastMs),
        nextAt: isoOrNull(schedule.nextMs),
      },
    },
  };
}

function isoOrNull(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
