import { lineOf } from '../../simulators/mixpanel/data/event-row.ts';
import { createWorld } from '../../simulators/mixpanel/data/world.ts';
import { resolveProject } from '../../simulators/mixpanel/options.ts';
import { benchDate } from './protocol.ts';

/** Half of them byte-equal, half later versions of the same event. */
const duplicateShare = 0.05;
const gatheredLength = 65_536;
const afterTheDay = Date.parse('2026-06-01T00:00:00Z');

/** A day of the simulator's events, duplicates included, as the bytes of an export. */
export function* generateBytes(events: number, eventBytes: number): Generator<Buffer> {
  const project = resolveProject(
    { projectId: 2195193 },
    { eventsPerDay: events, eventBytes, duplicates: duplicateShare },
  );
  let text = '';
  for (const row of createWorld(1, project).dayEvents(benchDate).rows({ pull: 1, nowMs: afterTheDay })) {
    text += `${lineOf(row, true)}\n`;
    if (text.length < gatheredLength) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}
