import type { Rule } from '../../functions/shared/mapping/index.ts';
import { children, type Expression } from '../../functions/shared/mapping/language/expression.ts';
import { standardFields } from '../../functions/shared/mapping/standard-fields.ts';
import { destinationProblem } from '../../functions/shared/mapping/target/check-destinations.ts';
import { ownFields, type XdmField } from './own-fields.ts';
import { standardGroupOf } from './standard-groups.ts';

/** Kinds of identities, as the Identity Service spells them in requests. */
export type IdentityType = 'Cross_device' | 'Device';

/** An identity namespace that rows name in `identityMap`. */
export interface WantedNamespace {
  readonly code: string;
  readonly name: string;
  readonly idType: IdentityType;
}

/** What Platform has to have before it can take a mapping set's rows. */
export interface WantedResources {
  readonly namespaces: readonly WantedNamespace[];
  /** `$id`s of Adobe's own field groups. */
  readonly standardGroups: readonly string[];
  /** The fields below `_<tenant>`. */
  readonly fields: Readonly<Record<string, XdmField>>;
  /** Whether rows bring their identities along. */
  readonly hasIdentityMap: boolean;
  /** One line for each rule whose destination neither a standard nor an own field group can have. */
  readonly problems: readonly string[];
}

/** The namespaces of `mixpanel_identity_map`. */
const mixpanelNamespaces: readonly WantedNamespace[] = [
  { code: 'MIXPANEL', name: 'Mixpanel distinct id', idType: 'Cross_device' },
  { code: 'MIXPANELUSER', name: 'Mixpanel user id', idType: 'Cross_device' },
  { code: 'MIXPANELDEVICE', name: 'Mixpanel device id', idType: 'Device' },
];

/** Derives from the destinations of a mapping set's rules what they need in Platform. */
export function wantedResources(rules: readonly Rule[], tenant: string): WantedResources {
  const roots = new Set(rules.map(rootOf));
  const groups = [...roots].map(standardGroupOf).filter((id) => id !== undefined);
  const own = ownFields(rules, tenant);
  return {
    namespaces: namespacesOf(rules),
    standardGroups: [...new Set(groups)],
    fields: own.fields,
    hasIdentityMap: roots.has('identityMap'),
    problems: [...standardProblems(rules, tenant), ...own.problems],
  };
}

const beyondSetup = `setup knows no standard field group with it: let the rule write below _$\{TENANT}, or write schemaId and datasetId of a schema of your own into the configuration`;

/** The rules that write outside of the tenant's namespace what no standard field group has. */
function standardProblems(rules: readonly Rule[], tenant: string): string[] {
  const shape = { ...standardFields, [`_${tenant}`]: 'any' as const };
  return rules.flatMap(({ index, destination, destinationText }) => {
    const problem = destinationProblem(destination, shape);
    return problem === undefined
      ? []
      : [`rule ${index + 1} (${destinationText}): ${problem}; ${beyondSetup}`];
  });
}

/** A namespace that neither Adobe nor Mixpanel's ids bring: that of a person, until its owner makes it another. */
export function namespaceOf(code: string): WantedNamespace {
  return (
    mixpanelNamespaces.find((known) => known.code === code) ?? { code, name: code, idType: 'Cross_device' }
  );
}

function rootOf({ destination: [first] }: Rule): string {
  return first?.kind === 'key' ? first.name : '';
}

/** Those that destinations name, and those that functions of the language write. */
function namespacesOf(rules: readonly Rule[]): WantedNamespace[] {
  const codes = new Set<string>();
  for (const rule of rules) {
    if (rootOf(rule) !== 'identityMap') continue;
    const [, code] = rule.destination;
    if (code?.kind === 'key') codes.add(code.name);
    else if (rule.source.kind === 'expression' && calls(rule.source.expression, 'mixpanel_identity_map')) {
      for (const { code } of mixpanelNamespaces) codes.add(code);
    }
  }
  return [...codes].map(namespaceOf);
}

function calls(expression: Expression, name: string): boolean {
  if (expression.kind === 'call' && expression.name === name) return true;
  return children(expression).some((child) => calls(child, name));
}
