import { existsSync } from 'node:fs';
import { ConfigError } from '../../functions/shared/errors.ts';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import { resolveTimeZone } from '../../functions/shared/time-zone.ts';
import { configFile, loadConfig } from '../../lib/config.ts';
import { localConfigFile } from '../local/local-files.ts';
import { closest } from '../operator/closest.ts';
import { type PreviewOptions, what } from './preview-options.ts';

/** What a preview takes from a source of the configuration, or from options in its place. */
export interface PreviewSource {
  readonly id: string;
  readonly projectId: string;
  /** Undefined when neither an option nor a configuration names it. */
  readonly tenant: string | undefined;
  readonly timestamps: 'utc' | 'project';
  readonly timezone: string;
  readonly profile: boolean;
  /** Whether null operands and unknown fields are errors. */
  readonly strict: boolean;
}

/** Stand in for a source where no configuration is used. */
const placeholder = { id: 'preview', projectId: '0', tenant: 'tenant' } as const;

/**
 * The source that records are taken to come from. A configuration is read when it is named, when one of its sources
 * is, and when nothing else can say which tenant the mapping set writes for; with the data of a local connector, its own.
 *
 * @throws {ConfigError} when the configuration is wrong, or leaves open which source is meant.
 */
export function previewSource(options: PreviewOptions, needsTenant: boolean): PreviewSource {
  const isAsked = options.config !== undefined || options.source !== undefined;
  const isNeeded = needsTenant && options.tenant === undefined;
  const file = configurationOf(options);
  const isThere = process.env.CONNECTOR_CONFIG !== undefined || existsSync(file);
  const source = isAsked || (isNeeded && isThere) ? chooseSource(file, options) : undefined;
  const tenant = options.tenant ?? source?.platform.tenant ?? (needsTenant ? placeholder.tenant : undefined);
  return {
    id: source?.id ?? placeholder.id,
    projectId: source?.mixpanel.projectId ?? placeholder.projectId,
    tenant,
    ...storedTime(options, source),
    profile: source?.platform.profile ?? true,
    strict: options.strict || (source?.strictMapping ?? false),
  };
}

/** The one that is named; or that of the local connector whose run is read; or the usual one. */
function configurationOf({ config, data }: PreviewOptions): string {
  const ofLocal = config === undefined && data !== undefined ? localConfigFile(data) : undefined;
  return ofLocal !== undefined && existsSync(ofLocal) ? ofLocal : configFile(config);
}

function chooseSource(file: string, { source: named, run }: PreviewOptions): SourceSettings {
  const { sources } = loadConfig(file);
  const id = named ?? run?.source;
  const chosen = id === undefined ? sources : sources.filter((source) => source.id === id);
  const [only] = chosen;
  if (only !== undefined && chosen.length === 1) return only;
  const found = id === undefined ? 'nothing' : JSON.stringify(id);
  const ids = sources.map((source) => source.id);
  const option = named === undefined && run !== undefined ? '--run' : '--source';
  const meant = id === undefined ? undefined : closest(id, ids);
  throw new ConfigError(what, [
    `${option}: found ${found}; ${meant === undefined ? '' : `did you mean ${meant}? `}must be one of ${ids.join(', ')}, the sources of ${file}`,
  ]);
}

/** `auto` can only be decided by looking at a whole window: most projects store UTC, so that is taken for it here. */
function storedTime(options: PreviewOptions, source: SourceSettings | undefined) {
  const configured = source?.mixpanel.timestamps === 'project' ? 'project' : 'utc';
  const named = options.timezone === undefined ? undefined : resolveTimeZone(options.timezone);
  const timezone = named ?? source?.mixpanel.timezone;
  const timestamps = options.timestamps ?? configured;
  if (timestamps === 'project' && timezone === undefined) {
    throw new ConfigError(what, ["--timezone: found nothing; must be the project's time zone"]);
  }
  return { timestamps, timezone: timezone ?? 'UTC' } as const;
}
