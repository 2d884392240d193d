import * as z from 'zod';
import { jsonOperation } from '../json-protocol.ts';
import { current, type Secret } from './secret-record.ts';
import type { SecretStore } from './secret-store.ts';
import { invalid, newVersion, valueInput, withVersion } from './value-operations.ts';

const details = { Description: z.string().optional(), KmsKeyId: z.string().optional() };
const createSchema = z.strictObject({
  Name: z.string().regex(/^[\w/+=.@-]{1,512}$/),
  ...valueInput,
  ...details,
  Tags: z.array(z.strictObject({ Key: z.string(), Value: z.string() })).default([]),
});
const updateSchema = z.strictObject({ SecretId: z.string(), ...valueInput, ...details });
const deleteSchema = z.strictObject({
  SecretId: z.string(),
  RecoveryWindowInDays: z.int().min(7).max(30).optional(),
  ForceDeleteWithoutRecovery: z.boolean().default(false),
});
const bySecret = z.strictObject({ SecretId: z.string() });
const listSchema = z.strictObject({
  MaxResults: z.int().min(1).max(100).default(100),
  NextToken: z.string().optional(),
});

const dayMs = 86_400_000;
/** How long a deleted secret can be restored unless the request says otherwise. */
const defaultRecoveryDays = 30;

/** Everything about secrets but reading and putting their values. */
export function secretOperations(store: SecretStore) {
  return {
    CreateSecret: jsonOperation(createSchema, (input, { region }) => create(store, input, region)),
    UpdateSecret: jsonOperation(updateSchema, (input, { region }) => update(store, input, region)),
    DescribeSecret: jsonOperation(bySecret, async ({ SecretId }, { region }) =>
      described(await store.demand(region, SecretId)),
    ),
    ListSecrets: jsonOperation(listSchema, async ({ MaxResults, NextToken }, { region }) => {
      const all = (await store.list(region)).filter(({ deletedAt }) => deletedAt === undefined);
      const rest = all.filter(({ name }) => NextToken === undefined || name > NextToken);
      const page = rest.slice(0, MaxResults);
      const next = rest.length > page.length ? { NextToken: page.at(-1)?.name } : {};
      return { SecretList: page.map(listed), ...next };
    }),
    DeleteSecret: jsonOperation(deleteSchema, (input, { region }) => remove(store, input, region)),
    RestoreSecret: jsonOperation(bySecret, async ({ SecretId }, { region }) => {
      const restore = ({ deletedAt: _, ...secret }: Secret): Secret => secret;
      const { arn, name } = await store.change(region, SecretId, restore, { evenIfDeleted: true });
      return { ARN: arn, Name: name };
    }),
  };
}

async function create(store: SecretStore, input: z.output<typeof createSchema>, region: string) {
  const version = newVersion(input, [current]);
  const now = Date.now();
  const make = (arn: string): Secret => ({
    name: input.Name,
    arn,
    ...detailsOf(input),
    tags: input.Tags,
    createdAt: now,
    changedAt: now,
    versions: version === undefined ? [] : [version],
  });
  try {
    return named(await store.create(region, input.Name, make), version?.id);
  } catch (error) {
    // A client that did not see the answer asks again with the same token.
    const present = await repeated(store, region, input.Name, version?.id).catch(() => undefined);
    if (present === undefined || version === undefined) throw error;
    return named(withVersion(present, version), version.id);
  }
}

async function repeated(store: SecretStore, region: string, name: string, versionId: string | undefined) {
  const present = await store.demand(region, name);
  return present.versions.some(({ id }) => id === versionId) ? present : undefined;
}

async function update(store: SecretStore, input: z.output<typeof updateSchema>, region: string) {
  const version = newVersion(input, [current]);
  const secret = await store.change(region, input.SecretId, (present) => {
    const changed: Secret = { ...present, ...detailsOf(input), changedAt: Date.now() };
    return version === undefined ? changed : withVersion(changed, version);
  });
  return named(secret, version?.id);
}

async function remove(store: SecretStore, input: z.output<typeof deleteSchema>, region: string) {
  const { SecretId, RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: forced } = input;
  if (forced && days !== undefined)
    throw invalid("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
  if (forced) {
    const { arn, name } = await store.destroy(region, SecretId);
    return { ARN: arn, Name: name, DeletionDate: Date.now() / 1000 };
  }
  const deletedAt = Date.now() + (days ?? defaultRecoveryDays) * dayMs;
  const { arn, name } = await store.change(region, SecretId, (secret) => ({ ...secret, deletedAt }));
  return { ARN: arn, Name: name, DeletionDate: deletedAt / 1000 };
}

function detailsOf(input: {
  readonly Description?: string | undefined;
  readonly KmsKeyId?: string | undefined;
}) {
  return {
    ...(input.Description === undefined ? {} : { description: input.Description }),
    ...(input.KmsKeyId === undefined ? {} : { kmsKeyId: input.KmsKeyId }),
  };
}

function named({ arn, name }: Secret, versionId: string | undefined) {
  return { ARN: arn, Name: name, ...(versionId === undefined ? {} : { VersionId: versionId }) };
}

function stagesOf(secret: Secret): Record<string, string[]> | undefined {
  const staged = secret.versions.filter(({ stages }) => stages.length > 0);
  return staged.length === 0 ? undefined : Object.fromEntries(staged.map(({ id, stages }) => [id, stages]));
}

function common(secret: Secret) {
  return {
    ARN: secret.arn,
    Name: secret.name,
    Description: secret.description,
    KmsKeyId: secret.kmsKeyId,
    CreatedDate: secret.createdAt / 1000,
    LastChangedDate: secret.changedAt / 1000,
    Tags: secret.tags,
  };
}

function described(secret: Secret) {
  const deleted = secret.deletedAt === undefined ? {} : { DeletedDate: secret.deletedAt / 1000 };
  return { ...common(secret), ...deleted, VersionIdsToStages: stagesOf(secret) };
}

function listed(secret: Secret) {
  return { ...common(secret), SecretVersionsToStages: stagesOf(secret) };
}
