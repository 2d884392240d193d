import type { Log } from '../shared/log.ts';
import type { MixpanelClient } from '../shared/mixpanel/mixpanel-client.ts';
import type { ObjectStore } from '../shared/object-store.ts';
import type { SourceSettings } from '../shared/source-settings.ts';
import type { ArchiveLimits } from './run-writer.ts';

/** What exporting needs of the world. */
export interface ExportDeps {
  readonly store: ObjectStore;
  readonly mixpanel: Pick<MixpanelClient, 'exportWindow'>;
  readonly settings: SourceSettings;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly log: Log;
  /** The key of hashed properties; required where the source hashes any. */
  readonly privacyKey?: string;
  readonly limits?: ExportLimits;
}

export interface ExportLimits extends ArchiveLimits {
  readonly maxLineBytes?: number;
  /** Where the duplicate index may spill to. @default the system's directory for temporary storage */
  readonly temporaryDirectory?: string;
}
