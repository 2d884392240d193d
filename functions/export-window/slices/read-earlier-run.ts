import type { Ledger } from '../../shared/ledger.ts';
import { type Manifest, manifestSchema } from '../../shared/manifest.ts';
import { manifestKey } from '../../shared/object-keys.ts';
import { parseJsonWith } from '../../shared/parse.ts';
import { nextWindow, previousWindow } from '../../shared/window.ts';
import type { ExportWorkDeps } from '../work-deps.ts';
import type { EarlierRun } from './plan-slices.ts';

/**
 * The newest run of a window, or else of the day before it or the day after: what is known of its size before it is
 * fetched. Undefined where nothing is known yet.
 */
export async function readEarlierRun(
  deps: ExportWorkDeps,
  date: string,
  ledger: Ledger,
): Promise<EarlierRun | undefined> {
  const source = deps.settings.id;
  const manifest =
    (await manifestOf(deps, ledger)) ??
    (await manifestOf(deps, await deps.ledgers.read({ source, date: previousWindow(date) }))) ??
    (await manifestOf(deps, await deps.ledgers.read({ source, date: nextWindow(date) })));
  if (manifest === undefined) return undefined;
  const plan = await deps.slicedRuns.readPlan({ source, date: manifest.date });
  // After the plan's run came one that was fetched whole: how long that took says more.
  return { manifest, plan: plan !== undefined && plan.run >= manifest.run ? plan : undefined };
}

async function manifestOf(deps: ExportWorkDeps, ledger: Ledger): Promise<Manifest | undefined> {
  if (ledger.exported === null) return undefined;
  const key = manifestKey({ ...ledger, run: ledger.exported.run });
  // A run may have expired.
  const found = await deps.store.getText(key);
  return found === undefined ? undefined : parseJsonWith(manifestSchema, found.text, `reading ${key}`);
}
