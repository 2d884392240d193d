import type { TimeCorrectionOptions } from '../shared/event-time.ts';
import type { Manifest } from '../shared/manifest.ts';
import { createProfileBuilder, type PropertyProfile } from '../shared/property-profile.ts';
import type { LoadDeps, MapDeps } from './load-deps.ts';
import {
  createRecordOfLine,
  type MappedSource,
  type RecordOfLine,
  type RecordOrigin,
} from './record-of-line.ts';
import { createUsualLines, type DividedSource } from './usual-lines.ts';

/** Records of a run for one mapping, read in the soonest way, and which properties they have. */
export interface RunRecords {
  /** @returns a record that the next line's may overwrite; undefined for a line that is no event. */
  recordOf(line: Buffer): MappedSource | DividedSource | undefined;
  /** Of the records read so far. */
  profile(): PropertyProfile;
}

export function createRunRecords(
  deps: Pick<MapDeps, 'settings' | 'mapping'>,
  manifest: Manifest,
): RunRecords {
  const properties = createProfileBuilder();
  const usual = createUsualLines(deps.mapping, ...contextOf(deps, manifest));
  const general = recordsOf(deps, manifest);
  return {
    recordOf(line) {
      const divided = usual?.recordOf(line);
      if (divided !== undefined) return divided;
      const record = general(line);
      if (record !== undefined) properties.addRecord(record.properties);
      return record;
    },
    profile() {
      const whole = createProfileBuilder();
      whole.addProfile(properties.profile());
      if (usual !== undefined) whole.addProfile(usual.profile());
      return whole.profile();
    },
  };
}

/** The reader of a run's lines. */
export function recordsOf(deps: Pick<LoadDeps, 'settings'>, manifest: Manifest): RecordOfLine {
  return createRecordOfLine(...contextOf(deps, manifest));
}

/** How a run's times are read, and where its records come from. */
function contextOf(
  { settings }: Pick<LoadDeps, 'settings'>,
  { timestamps, timezone, date, run }: Manifest,
): [TimeCorrectionOptions, RecordOrigin] {
  const origin = { source: settings.id, projectId: settings.mixpanel.projectId, date, run };
  return [{ timestamps, zone: timezone }, origin];
}
