import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import { renderTable } from '../table.ts';
import type { NewRule } from './grow-properties.ts';
import type { SourceReport } from './set-up-source.ts';
import type { Step, StepKind, StepState } from './setup-step.ts';

/** A source's things as a table for people. */
export function renderReport(report: SourceReport, { platform }: SourceSettings): string {
  const columns = ['What', 'Name', 'State', 'Note'].map((heading) => ({ heading }));
  const rows = report.steps.map((step) => [step.kind, step.name, stateText(step), step.note ?? '']);
  const place = `organisation ${platform.orgId}, sandbox ${platform.sandbox}, tenant ${report.ids.tenant ?? '?'}`;
  return `${report.id}: ${place}\n\n${renderTable(columns, rows)}\n`;
}

/** Rules for the user's own hand: a mapping set is the user's file. Empty where there are none. */
export function renderRules(rules: readonly NewRule[], { mapping }: SourceSettings): string {
  if (rules.length === 0) return '';
  const lines = rules.map((rule) => `    ${JSON.stringify(rule)}`);
  return `Rules to add to ${mapping}:\n\n${lines.join(',\n')}\n`;
}

/** What happens to a thing that is not made but added to, or written. */
const verbs: Partial<Record<StepKind, string>> = { fields: 'added', configuration: 'written' };

const states: Record<Exclude<StepState, 'missing' | 'made'>, string> = {
  exists: 'exists',
  notNeeded: 'not needed',
  conflict: 'in the way',
};

function stateText({ kind, state }: Step): string {
  const verb = verbs[kind] ?? 'made';
  if (state === 'missing') return `to be ${verb}`;
  return state === 'made' ? verb : states[state];
}
