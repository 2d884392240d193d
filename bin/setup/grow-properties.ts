import type { MappingSet } from '../../functions/shared/mapping/index.ts';
import { type JsonType, jsonTypes } from '../../functions/shared/property-profile.ts';
import type { PropertyReport } from '../../functions/shared/property-report.ts';
import { closest } from '../operator/closest.ts';
import type { PropertyChoice } from './setup-options.ts';

/** A rule as a mapping set has it. */
export interface NewRule {
  readonly sourceType: 'ATTRIBUTE' | 'EXPRESSION';
  readonly source: string;
  readonly destination: string;
}

/** Rules that give properties fields of their own. */
export interface GrownRules {
  readonly rules: readonly NewRule[];
  /** One line for each property that can't have one. */
  readonly problems: readonly string[];
}

/** The mapping set's text with these rules behind its own. */
export function withRules(mapping: MappingSet, rules: readonly NewRule[]): string {
  return JSON.stringify({ mappings: [...mapping.texts, ...rules] });
}

/** More names than these tell nobody what a property may be called. */
const maxNamesShown = 10;

/**
 * Rules for properties that a report found, each with the type that its values had, into fields beside the map of all
 * other properties.
 */
export function growProperties(
  chosen: readonly PropertyChoice[],
  report: Pick<PropertyReport, 'date' | 'properties'>,
  mapping: MappingSet,
): GrownRules {
  const rules: NewRule[] = [];
  const problems: string[] = [];
  for (const choice of chosen) {
    const grown = growProperty(choice, report, mapping);
    if (typeof grown === 'string') problems.push(`--property ${choice.name}: ${grown}`);
    else if (rules.some(({ destination }) => destination === grown.destination)) {
      problems.push(
        `--property ${choice.name}: another one gets this field; give one of them another, as in --property NAME=FIELD`,
      );
    } else if (!mapping.texts.some((text) => isSame(text, grown))) rules.push(grown);
  }
  return { rules, problems };
}

/** The rule, or why there can't be one. */
function growProperty(
  { name, field = fieldName(name) }: PropertyChoice,
  { date, properties }: Pick<PropertyReport, 'date' | 'properties'>,
  mapping: MappingSet,
): NewRule | string {
  const found = properties.find((property) => property.name === name);
  if (found === undefined)
    return `no event of ${date}, the newest window with a report, has it${hint(name, properties)}`;
  if (field === '')
    return 'nothing of its name can be the name of a field; give one, as in --property NAME=FIELD';
  if (/[{}]/.test(name))
    return 'its name has braces, which no rule can write; it stays in the map of other properties';
  const types = jsonTypes.filter((type) => type !== 'null' && (found.types[type] ?? 0) > 0);
  if (types.includes('list') || types.includes('object')) {
    return 'it has lists or objects for values; write rules for what is inside of them (docs/mapping.md, "Paths")';
  }
  const destination = `_$\{TENANT}.mixpanel.${field}`;
  const rule = { ...ruleSource(name, types), destination };
  const taken = mapping.texts.find((text) => text.destination === destination && !isSame(text, rule));
  return taken === undefined
    ? rule
    : `rule ${taken.index + 1} writes ${destination} already; give another field, as in --property ${name}=FIELD`;
}

/** Values of several types have text in common. */
function ruleSource(name: string, types: readonly JsonType[]): Omit<NewRule, 'destination'> {
  const path = sourcePath(name);
  const [type] = types;
  if (types.length === 1 && type === 'number')
    return { sourceType: 'EXPRESSION', source: `to_decimal(${path})` };
  if (types.length === 1 && type === 'boolean') {
    // A comparison alone would make false of what is not there.
    const source = `iif(${path} == true, true, iif(${path} == false, false, null))`;
    return { sourceType: 'EXPRESSION', source };
  }
  return { sourceType: 'ATTRIBUTE', source: path };
}

/** The property as both kinds of rules read it. */
function sourcePath(name: string): string {
  if (/^[A-Za-z_$][\w$]*$/.test(name)) return `properties.${name}`;
  return `properties.$\{${name.replaceAll(/[\\.[]/g, '\\$&')}}`;
}

/** @example fieldName('$city') === 'city' && fieldName('Plan Type') === 'Plan_Type' */
function fieldName(property: string): string {
  return property
    .replaceAll(/[^A-Za-z0-9_-]+/g, '_')
    .replace(/^[_-]+/, '')
    .replace(/_+$/, '');
}

function isSame(text: Omit<NewRule, 'sourceType'> & { readonly sourceType: string }, rule: NewRule): boolean {
  return (
    text.source === rule.source &&
    text.destination === rule.destination &&
    text.sourceType === rule.sourceType
  );
}

function hint(name: string, properties: PropertyReport['properties']): string {
  const names = properties.map((property) => property.name);
  const meant = closest(name, names);
  if (meant !== undefined) return `; did you mean ${meant}?`;
  const more = names.length > maxNamesShown ? ` and ${names.length - maxNamesShown} more` : '';
  return `; they have ${names.slice(0, maxNamesShown).join(', ')}${more}`;
}
