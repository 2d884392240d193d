import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseMappingSet } from '../../functions/shared/mapping/index.ts';
import type { Expression } from '../../functions/shared/mapping/language/expression.ts';
import { projectRoot } from '../../lib/config.ts';

const opening = '<!-- event types, written by `npm run docs` -->';
const closing = '<!-- end of event types -->';

/**
 * The page `docs/mapping.md` with the event types as `mappings/default.json` gives them; all the rest of the page is
 * written by hand.
 */
export function eventTypeDocs(page: string): string {
  const [before, rest] = page.split(`${opening}\n`);
  const after = rest?.split(closing)[1];
  if (before === undefined || after === undefined)
    throw new Error('docs/mapping.md has no place for event types');
  return `${before}${opening}\n${eventTypeTable()}${closing}${after}`;
}

/** A row for each event type, with the names of events that get it. */
function eventTypeTable(): string {
  const names = new Map<string, string[]>();
  for (const [event, type] of eventTypes()) names.set(type, [...(names.get(type) ?? []), `\`${event}\``]);
  const rows = [...names].map(([type, events]) => `| ${events.join(', ')} | \`${type}\` |\n`);
  return `| Event | \`eventType\` |\n| --- | --- |\n${rows.join('')}| any other | its name |\n`;
}

/** Names of events and their types, in the order of the default mapping's rule: `decode(event, name, type, …, event)`. */
function eventTypes(): (readonly [event: string, type: string])[] {
  const text = readFileSync(join(projectRoot, 'mappings', 'default.json'), 'utf8');
  const { rules } = parseMappingSet(text, { variables: { TENANT: 'tenant' } });
  const source = rules.find(({ destinationText }) => destinationText === 'eventType')?.source;
  const call = source?.kind === 'expression' ? source.expression : undefined;
  if (call?.kind !== 'call' || call.name !== 'decode')
    throw new Error('event types are no longer a decode(…)');
  const texts = call.args.slice(1, -1).map(literalText);
  return texts.flatMap((event, index) => {
    const type = texts[index + 1];
    return index % 2 === 0 && type !== undefined ? [[event, type] as const] : [];
  });
}

function literalText(expression: Expression): string {
  if (expression.kind === 'literal' && typeof expression.value === 'string') return expression.value;
  throw new Error('a name of an event, or its type, is no text');
}
