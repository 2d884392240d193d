import { firstWindow } from '../../functions/shared/messages.ts';
import { createZoneOffsets } from '../../functions/shared/zone-offsets.ts';

const dayMs = 86_400_000;
/** Rules of clocks are published for about so long ahead. */
const aheadDays = 730;

/**
 * Whether clocks in two zones have shown the same time at every noon and midnight of UTC since Mixpanel's data begins,
 * and will as far as is known: aliases (US/Pacific) do, and so do names that differ only in older days.
 */
export function haveSameClocks(one: string, other: string, nowMs: number): boolean {
  const offsets = [createZoneOffsets(one), createZoneOffsets(other)] as const;
  for (let ms = Date.parse(firstWindow); ms < nowMs + aheadDays * dayMs; ms += dayMs / 2) {
    if (offsets[0].offsetAt(ms) !== offsets[1].offsetAt(ms)) return false;
  }
  return true;
}
