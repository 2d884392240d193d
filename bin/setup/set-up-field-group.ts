import { countFields, type MissingField, missingFields, type XdmField } from './own-fields.ts';
import type { RegistryResource } from './schema-resources.ts';
import type { SchemaWork } from './set-up-schema.ts';
import { describeOwn, isOwn, nameTaken } from './setup-names.ts';
import { Conflict } from './setup-step.ts';

/**
 * Finds or makes the field group with the tenant's own fields, and adds what it lacks if that is asked for.
 *
 * @param schema our schema, where there is one: its field group is known by it, whatever its title is by now.
 * @returns undefined when none is needed, or there is none yet.
 */
export async function setUpFieldGroup(
  work: SchemaWork,
  schema: RegistryResource | undefined,
): Promise<RegistryResource | undefined> {
  const { recorder, registry, wanted, names, tenant } = work;
  const count = countFields({ properties: { ...wanted.fields } });
  if (count === 0) return undefined;
  const group = await recorder.ensure({
    kind: 'field group',
    name: names.fieldGroup,
    note: `_${tenant}, ${count} ${count === 1 ? 'field' : 'fields'}`,
    find: () => findFieldGroup(work, schema),
    make: () =>
      registry.createFieldGroup({
        title: names.fieldGroup,
        description: describeOwn('What Mixpanel events have and the standard field groups have not.', names),
        tenant,
        fields: wanted.fields,
      }),
    id: ({ $id }) => $id,
  });
  if (group !== undefined) await addFields(work, group);
  return group;
}

async function findFieldGroup(
  { registry, names, tenant }: SchemaWork,
  schema: RegistryResource | undefined,
): Promise<RegistryResource | undefined> {
  for (const { $ref = '' } of schema?.allOf ?? []) {
    if (!$ref.startsWith(`https://ns.adobe.com/${tenant}/`)) continue;
    const group = await registry.read('fieldgroups', $ref);
    if (group !== undefined && isOwn(group.description, names)) return group;
  }
  const titled = await registry.find('fieldgroups', names.fieldGroup);
  if (titled === undefined || isOwn(titled.description, names)) return titled;
  throw new Conflict(nameTaken('field group', titled.title, titled.$id));
}

async function addFields(work: SchemaWork, group: RegistryResource): Promise<void> {
  const { recorder, registry, grow } = work;
  const missing = missingIn(work, group);
  if (missing.length === 0) return;
  const paths = missing.map(({ pointer }) => fieldPath(pointer)).join(', ');
  if (!grow) {
    recorder.problems.push(
      `the field group "${group.title}" lacks fields that the mapping set writes: ${paths}; run setup again with --grow, which adds them`,
    );
    return;
  }
  await recorder.ensure({
    kind: 'fields',
    name: paths,
    find: async () => {
      const now = await registry.read('fieldgroups', group.$id);
      return now !== undefined && missingIn(work, now).length === 0 ? now : undefined;
    },
    make: () =>
      registry.extend(
        'fieldgroups',
        group.$id,
        missing.map(({ pointer, field }) => ({ path: pointer, value: field })),
      ),
    id: ({ $id }) => $id,
  });
}

/** What the field group lacks, by pointers into its document. */
function missingIn({ tenant, wanted }: SchemaWork, { definitions }: RegistryResource): MissingField[] {
  const own: XdmField = {
    properties: { [`_${tenant}`]: { type: 'object', properties: { ...wanted.fields } } },
  };
  const entries = Object.entries(definitions);
  // The registry may have named the definition anew.
  const [name, definition] =
    entries.find(([, { properties = {} }]) => Object.hasOwn(properties, `_${tenant}`)) ?? entries[0] ?? [];
  if (name === undefined || definition === undefined) return [];
  return missingFields(own, { properties: {}, ...definition }, `/definitions/${name}`);
}

/** @example fieldPath('/definitions/x/properties/_acme/properties/plan') === '_acme.plan' */
function fieldPath(pointer: string): string {
  const steps = pointer.split('/properties/').slice(1);
  return steps.map((step) => step.replaceAll('/items', '[]')).join('.');
}
