import { windowsInTrouble } from '../shared/attention.ts';
import { describeError } from '../shared/errors.ts';
import { readWindows } from '../shared/known-windows.ts';
import type { Log } from '../shared/log.ts';
import type { Metrics } from '../shared/metrics.ts';
import { createMixpanelApp } from '../shared/mixpanel/app-client.ts';
import {
  type CredentialFacts,
  credentialNoticeDays,
  lookUpCredential,
} from '../shared/mixpanel/credential-end.ts';
import { accountOf, type MixpanelCredential } from '../shared/mixpanel/credentials.ts';
import type { ObjectStore } from '../shared/object-store.ts';
import type { SecretReader } from '../shared/secret-reader.ts';
import type { SourceSettings } from '../shared/source-settings.ts';
import {
  beginSourceWatch,
  type MixpanelLook,
  noteMixpanelLook,
  type SourceWatch,
} from '../shared/source-watch.ts';
import { windowBounds } from '../shared/window.ts';
import type { WindowDigest } from '../shared/window-digest.ts';
import { createStoredDigests } from '../shared/window-digests.ts';
import { endedWell } from '../shared/window-summary.ts';
import { windowZones } from '../shared/window-zone.ts';

export interface WatchDeps {
  readonly settings: SourceSettings;
  readonly store: ObjectStore;
  readonly credentials: Pick<SecretReader<MixpanelCredential>, 'refresh'>;
  /** The secret that the credential is read from, as errors name it. */
  readonly secretId: string;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
}

const hourMs = 3600_000;
const dayMs = 24 * hourMs;
/** Two small questions to Mixpanel, within the minute that planning has in all. */
const credentialMs = 20_000;

/** The hourly look: at the windows, and at the credential while its end is near. Never throws. */
export async function watchHourly(deps: WatchDeps): Promise<void> {
  const record = readRecord(deps);
  await Promise.all([watchWindows(deps, record), watchEndingCredential(deps, record)]);
}

/** What was seen before, begun where there is nothing. */
function readRecord({ settings, store, log, clock }: WatchDeps): Promise<SourceWatch> {
  return beginSourceWatch(store, { source: settings.id, nowMs: clock() }, (error) =>
    log.warn('Watch:Record:NotWritten', { error: describeError(error) }),
  );
}

/**
 * Measures how many windows need somebody, by the rule of `connector status`, and keeps for it what was read of the
 * ledgers. Never throws: the alarm takes a missing measurement for the worst, and whatever keeps us from looking is
 * told by the log.
 */
export async function watchWindows(deps: WatchDeps, record = readRecord(deps)): Promise<void> {
  const { settings, store, log, metrics, clock } = deps;
  try {
    const nowMs = clock();
    const digests = createStoredDigests(store, settings.id, (error) =>
      log.warn('Watch:Digests:NotWritten', { error: describeError(error) }),
    );
    const [{ windows, unreadable }, zones, { since: watchedSince }] = await Promise.all([
      readWindows(store, settings.id, digests),
      windowZones(store, settings),
      record,
    ]);
    const late = windowsInTrouble({ settings, windows, zones, watchedSince, nowMs });
    const lagHours = lagOf(windows, zones, nowMs);
    metrics.record({
      WindowsLate: late.length + unreadable.length,
      ...(lagHours === undefined ? {} : { LagHours: lagHours }),
    });
    log.info('Watch:Windows:Measured', {
      windows: late.slice(0, mostNamed).map(({ date, kind }) => `${date} ${kind}`),
      late: late.length,
      unreadable: unreadable.length,
      ms: clock() - nowMs,
    });
  } catch (error) {
    log.error('Watch:Windows:Failed', { error: describeError(error) });
  }
}

/** More than that say nothing that `status` does not say better. */
const mostNamed = 20;

/** Hours from the end of the newest delivered window until now, in the zone where it ended last. */
function lagOf(
  windows: readonly WindowDigest[],
  zones: readonly string[],
  nowMs: number,
): number | undefined {
  const newest = windows.findLast(({ summary }) => endedWell(summary.state))?.summary.date;
  if (newest === undefined) return undefined;
  const endMs = Math.max(...zones.map((zone) => windowBounds(newest, zone).endMs));
  return Math.max(0, nowMs - endMs) / hourMs;
}

/**
 * Measures how long the Mixpanel credential is still good, as far as Mixpanel tells, and keeps that with what it says of
 * the project, for `status`. Never throws: planning comes first.
 */
export async function watchCredential(deps: WatchDeps): Promise<void> {
  const { settings, log, metrics, clock } = deps;
  try {
    // Read anew: it may have been rotated, which nothing else tells while the old one is not refused.
    const credential = await deps.credentials.refresh();
    const app = createMixpanelApp({
      appUrl: settings.mixpanel.appUrl,
      credentials: { get: async () => credential },
      secretId: deps.secretId,
      signal: AbortSignal.timeout(credentialMs),
    });
    const facts = await lookUpCredential(app, { credential, projectId: settings.mixpanel.projectId });
    const { end } = facts;
    await noteMixpanelLook(deps.store, settings.id, {
      at: new Date(clock()).toISOString(),
      account: accountOf(credential, deps.secretId),
      ...lookOf(facts),
    });
    if (end.kind !== 'ends') {
      log.info('Watch:Credential:Measured', { ends: end.kind });
      return;
    }
    metrics.record({ CredentialDaysLeft: (end.atMs - clock()) / dayMs });
    log.info('Watch:Credential:Measured', { ends: new Date(end.atMs).toISOString() });
  } catch (error) {
    // A refused credential has an alarm of its own, once it keeps a window from being exported.
    log.warn('Watch:Credential:Unknown', { error: describeError(error) });
  }
}

function lookOf({ end, project }: CredentialFacts): Pick<MixpanelLook, 'endsAt' | 'timezone' | 'domain'> {
  return {
    endsAt: end.kind === 'ends' ? new Date(end.atMs).toISOString() : null,
    timezone: project?.timezone ?? null,
    domain: project?.domain ?? null,
  };
}

/** The same every hour while the end that is known is near: `status` shall not go on warning of a secret that was rotated. */
export async function watchEndingCredential(deps: WatchDeps, record = readRecord(deps)): Promise<void> {
  const { log, clock } = deps;
  try {
    const endsAt = (await record).mixpanel?.endsAt ?? null;
    if (endsAt === null || Date.parse(endsAt) - clock() > credentialNoticeDays * dayMs) return;
  } catch (error) {
    log.warn('Watch:Credential:Unknown', { error: describeError(error) });
    return;
  }
  await watchCredential(deps);
}
