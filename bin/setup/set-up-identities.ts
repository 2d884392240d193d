import type { XdmField } from './own-fields.ts';
import type { Namespace, PlatformResources } from './platform-resources.ts';
import type { IdentityDescriptor, SchemaResources } from './schema-resources.ts';
import { type FoundSchema, madeSchema } from './set-up-schema.ts';
import type { IdentityField } from './setup-options.ts';
import { Conflict, type StepRecorder } from './setup-step.ts';
import { namespaceOf, type WantedNamespace, type WantedResources } from './wanted-resources.ts';

/** What a source's identities are set up with. */
export interface IdentityWork {
  readonly platform: PlatformResources;
  readonly registry: SchemaResources;
  readonly recorder: StepRecorder;
  readonly wanted: WantedResources;
  readonly tenant: string;
  readonly profile: boolean;
  readonly identity: IdentityField | undefined;
}

/** Finds or makes each namespace that rows name: Profile refuses a row that names one which is not there. */
export async function setUpNamespaces({ platform, recorder, wanted, identity }: IdentityWork): Promise<void> {
  const all = [...wanted.namespaces, ...(identity === undefined ? [] : [namespaceOf(identity.namespace)])];
  for (const namespace of new Map(all.map((one) => [one.code, one])).values()) {
    await recorder.ensure({
      kind: 'identity namespace',
      name: namespace.code,
      note: namespace.idType,
      find: async () => findNamespace(await platform.namespaces(), namespace),
      make: () => platform.createNamespace(namespace),
      id: ({ code }) => code,
      remark: ({ idType }) =>
        idType.toLowerCase() === namespace.idType.toLowerCase()
          ? undefined
          : `of the kind ${idType}; setup would have made it ${namespace.idType}`,
    });
  }
}

function findNamespace(all: readonly Namespace[], { code }: WantedNamespace): Namespace | undefined {
  const found = all.find((one) => one.code === code);
  if (found !== undefined) return found;
  const other = all.find((one) => one.code.toLowerCase() === code.toLowerCase());
  if (other === undefined) return undefined;
  throw new Conflict(
    `the identity namespace ${code} can't be made: there is ${other.code}, and codes differ by more than case; write ${other.code} in the mapping set`,
  );
}

/** Finds or makes the descriptor of a field that holds an identity, where rows have no `identityMap` or it is asked for. */
export async function setUpDescriptor(work: IdentityWork, schema: FoundSchema | undefined): Promise<void> {
  const { recorder, wanted, identity, profile } = work;
  if (identity !== undefined) return setUpIdentityField(work, identity, schema);
  if (wanted.hasIdentityMap || !profile) {
    const note = wanted.hasIdentityMap ? 'rows bring identityMap along' : 'the dataset does not feed Profile';
    recorder.add({ kind: 'identity descriptor', name: 'none', state: 'notNeeded', note });
    return;
  }
  const primary = schema === undefined ? undefined : await primaryOf(work, schema.id);
  if (primary === undefined) {
    recorder.problems.push(
      'the mapping set writes no identityMap, so Profile would not know whose an event is: add a rule for it (docs/mapping.md), or name a field with --identity FIELD=NAMESPACE, or set platform.profile to false',
    );
    return;
  }
  recorder.add({
    kind: 'identity descriptor',
    name: primary['xdm:sourceProperty'],
    state: 'exists',
    note: primary['xdm:namespace'],
  });
}

async function primaryOf(
  { recorder, registry }: IdentityWork,
  schemaId: string,
): Promise<IdentityDescriptor | undefined> {
  const all = await recorder.ask(() => registry.identityDescriptors(schemaId));
  return all.find((descriptor) => descriptor['xdm:isPrimary']);
}

async function setUpIdentityField(
  work: IdentityWork,
  { field, namespace }: IdentityField,
  schema: FoundSchema | undefined,
): Promise<void> {
  const { recorder, registry, wanted, tenant } = work;
  if (schema !== undefined && !schema.isOurs) {
    recorder.problems.push(
      '--identity: the schema was not made by setup, so it is left alone; mark the field as an identity in Platform',
    );
    return;
  }
  const steps = field.split('.');
  if (!isText(wanted.fields, steps)) {
    recorder.problems.push(
      `--identity: found "${field}"; must be a text field that the mapping set writes below _${tenant}`,
    );
    return;
  }
  const property = `/_${tenant}/${steps.join('/')}`;
  const isPrimary = !wanted.hasIdentityMap;
  await recorder.ensure({
    kind: 'identity descriptor',
    name: property,
    note: `${namespace}${isPrimary ? ', primary: every row has to have it' : ''}`,
    find: async () => {
      const all = schema === undefined ? [] : await registry.identityDescriptors(schema.id);
      return findDescriptor(all, { property, namespace, isPrimary });
    },
    make: () =>
      registry.createDescriptor({
        'xdm:sourceSchema': madeSchema(schema).id,
        'xdm:sourceProperty': property,
        'xdm:namespace': namespace,
        'xdm:isPrimary': isPrimary,
      }),
    id: () => property,
  });
}

interface WantedDescriptor {
  readonly property: string;
  readonly namespace: string;
  readonly isPrimary: boolean;
}

function findDescriptor(
  all: readonly IdentityDescriptor[],
  { property, namespace, isPrimary }: WantedDescriptor,
): IdentityDescriptor | undefined {
  const found = all.find((one) => one['xdm:sourceProperty'] === property);
  if (found !== undefined && found['xdm:namespace'] !== namespace) {
    throw new Conflict(
      `--identity: ${property} is an identity of the namespace ${found['xdm:namespace']} already; give that one, or take its descriptor away in Platform`,
    );
  }
  const primary = all.find((one) => one['xdm:isPrimary']);
  if (found === undefined && isPrimary && primary !== undefined) {
    throw new Conflict(
      `--identity: ${primary['xdm:sourceProperty']} is the schema's primary identity already, and there can be only one`,
    );
  }
  return found;
}

function isText(
  fields: Readonly<Record<string, XdmField>>,
  [name = '', ...below]: readonly string[],
): boolean {
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (field === undefined) return false;
  if (below.length > 0) return isText(field.properties ?? {}, below);
  return field.type === 'string' && field.format === undefined;
}
