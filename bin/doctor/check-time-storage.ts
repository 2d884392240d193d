import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { DeferredError, RetryableError, TerminalError } from '../../functions/shared/errors.ts';
import type { MixpanelCredential } from '../../functions/shared/mixpanel/credentials.ts';
import { asEvent } from '../../functions/shared/mixpanel/event.ts';
import { createMixpanelClient, type ExportAnswer } from '../../functions/shared/mixpanel/mixpanel-client.ts';
import { createLineScanner } from '../../functions/shared/ndjson.ts';
import type { ObjectStore } from '../../functions/shared/object-store.ts';
import { createQueryBudget } from '../../functions/shared/query-budget.ts';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import {
  addEvidence,
  createTimestampEvidence,
  weighTimestamps,
} from '../../functions/shared/timestamp-storage.ts';
import { newestSettledWindow } from '../../functions/shared/window.ts';
import { readTimestampDecision } from '../../functions/shared/window-zone.ts';
import { type CheckReport, failed, type Outcome, passed, skipped, warned } from './check.ts';

export interface TimeStorageDeps {
  readonly settings: SourceSettings;
  readonly credential: MixpanelCredential;
  readonly secretId: string;
  /** The archive; undefined where there is none yet, and so nobody to share the query budget with. */
  readonly store: ObjectStore | undefined;
  readonly nowMs: number;
  /** Why no export query may be spent; undefined where one may. */
  readonly noQuery: string | undefined;
}

const name = 'Time storage';
/** Twenty timely events decide; of so many, all but the quietest projects have them. */
const eventsLookedAt = 5000;

/**
 * Asks Mixpanel for some real events and measures by them how the project stores time. This also proves that the
 * credential may export.
 *
 * @returns the export queries spent.
 */
export async function checkTimeStorage(report: CheckReport, deps: TimeStorageDeps): Promise<number> {
  const { settings, store, nowMs } = deps;
  const known = store === undefined ? undefined : await readTimestampDecision(store, settings.id);
  if (deps.noQuery !== undefined) {
    const decided =
      known === undefined ? 'nothing was measured yet' : `earlier runs found "${known.decision}"`;
    report.add(name, skipped(`${deps.noQuery}; ${decided}`));
    return 0;
  }
  let spent = 0;
  await report.attempt(name, remedyFor, async () => {
    const tryLater = (why: string) => ({
      outcome: warned(why, 'try again later, or use --no-query'),
      found: undefined,
    });
    if (store !== undefined && !(await reserve(deps, store)))
      return tryLater('no export query is left this hour');
    spent = 1;
    const { mixpanel } = settings;
    const date = newestSettledWindow(nowMs, mixpanel.timezone);
    const client = createMixpanelClient({
      ...mixpanel,
      credentials: { get: async () => deps.credential, refresh: async () => deps.credential },
      secretId: deps.secretId,
      clock: Date.now,
    });
    const answer = await answerOf(
      client.exportWindow({
        fromDate: date,
        toDate: date,
        events: mixpanel.events,
        where: mixpanel.where,
        limit: eventsLookedAt,
      }),
    );
    if (answer === undefined) return tryLater('Mixpanel takes no more queries at the moment (HTTP 429)');
    const evidence = createTimestampEvidence(mixpanel.timezone);
    const events = await readEvents(answer, (event) => addEvidence(evidence, event));
    const { decision, explanation } = weighTimestamps(evidence.counts(), mixpanel.timezone);
    const seen = `${events} events of ${date}`;
    return {
      outcome: outcomeOf(settings, { decision, seen, explanation, known: known?.decision }),
      found: undefined,
    };
  });
  return spent;
}

/** What breaks off, or comes from a Mixpanel that is down, says nothing against credential and settings. */
function remedyFor(error: unknown): string {
  return error instanceof TerminalError
    ? 'the credential, mixpanel.projectId and mixpanel.region must belong together'
    : 'try again later; if it goes on, look at the network, then ask Mixpanel support';
}

/** @returns undefined where the project has spent its queries: that says nothing against its settings. */
async function answerOf(asked: Promise<ExportAnswer>): Promise<ExportAnswer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof RetryableError && error.code === 'rate_limited') return undefined;
    throw error;
  }
}

async function reserve({ settings }: TimeStorageDeps, store: ObjectStore): Promise<boolean> {
  const { mixpanel, schedule } = settings;
  const budget = createQueryBudget(store, {
    ...mixpanel,
    dailyReserve: schedule.lookbackDays + 1,
    clock: Date.now,
  });
  try {
    await budget.reserve('daily');
    return true;
  } catch (error) {
    if (error instanceof DeferredError) return false;
    throw error;
  }
}

type LookedAt = NonNullable<ReturnType<typeof asEvent>>;

async function readEvents(answer: ExportAnswer, take: (event: LookedAt) => void): Promise<number> {
  let events = 0;
  let others = 0;
  const scanner = createLineScanner();
  const takeLine = (line: Buffer) => {
    const event = eventIn(line);
    if (event === undefined) {
      others += 1;
      return;
    }
    events += 1;
    take(event);
  };
  const consume = async (source: AsyncIterable<Buffer>) => {
    for await (const bytes of source) for (const line of scanner.push(bytes)) takeLine(line);
    const last = scanner.end();
    if (last !== undefined) takeLine(last);
  };
  if (answer.contentEncoding === 'gzip') await pipeline(answer.body, createGunzip(), consume);
  else await pipeline(answer.body, consume);
  // Not where it is found: thrown inside a pipeline, it would be told as the transfer's end.
  if (others > 0) throw new Error('Mixpanel sent a line that is no event');
  return events;
}

function eventIn(line: Buffer): LookedAt | undefined {
  try {
    return asEvent(JSON.parse(line.toString('utf8')));
  } catch {
    // The parser's own message is not kept: it quotes the line.
    return undefined;
  }
}

interface Measured {
  readonly decision: ReturnType<typeof weighTimestamps>['decision'];
  readonly seen: string;
  readonly explanation: string;
  /** What earlier runs have found. */
  readonly known: string | undefined;
}

function outcomeOf({ mixpanel }: SourceSettings, { decision, seen, explanation, known }: Measured): Outcome {
  const configured = mixpanel.timestamps === 'auto' ? known : mixpanel.timestamps;
  const set = "set mixpanel.timestamps to utc or project, as Mixpanel's support says, and deploy";
  if (decision === 'same') return passed(`${seen}: ${explanation}`);
  if (decision === 'mixed') return failed(`${seen}: ${explanation}`, set);
  if (decision === 'unknown') {
    if (configured !== undefined) return passed(`${seen} are too few to measure; "${configured}" is in use`);
    return warned(`${seen}: ${explanation}`, 'the first larger window decides; or set mixpanel.timestamps');
  }
  if (configured === undefined || configured === decision) return passed(`${seen}: stored as "${decision}"`);
  return failed(`${seen} are stored as "${decision}", and "${configured}" is in use: ${explanation}`, set);
}
