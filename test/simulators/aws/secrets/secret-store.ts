import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiError } from '../api-error.ts';
import { readJson, writeWhole } from '../atomic-file.ts';
import { createSerial } from '../serial.ts';
import { type Secret, secretSchema } from './secret-record.ts';

/** The secrets of all regions, a file each. */
export interface SecretStore {
  /** By name, ARN, or ARN without its random end. @throws {ApiError} ResourceNotFoundException */
  demand(region: string, id: string): Promise<Secret>;
  list(region: string): Promise<Secret[]>;
  /** @throws {ApiError} ResourceExistsException */
  create(region: string, name: string, make: (arn: string) => Secret): Promise<Secret>;
  /** Reads, changes and writes in one step; a deleted one is changed only `evenIfDeleted`. */
  change(
    region: string,
    id: string,
    act: (secret: Secret) => Secret,
    options?: { readonly evenIfDeleted?: boolean },
  ): Promise<Secret>;
  destroy(region: string, id: string): Promise<Secret>;
}

/** The secrets below a folder: `<region>/<name, percent-encoded>.json`. */
export async function openSecretStore(folder: string): Promise<SecretStore> {
  const staging = join(folder, '.staging');
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  const serial = createSerial();
  const pathOf = (region: string, name: string) => join(folder, region, `${encodeURIComponent(name)}.json`);
  const write = (region: string, secret: Secret) =>
    writeWhole(pathOf(region, secret.name), JSON.stringify(secret), staging);

  const find = async (region: string, id: string): Promise<Secret | undefined> => {
    const found = await readJson(pathOf(region, nameOf(region, id)), secretSchema);
    if (found === undefined || !isGone(found)) return found;
    await rm(pathOf(region, found.name), { force: true });
    return undefined;
  };
  const demand = async (region: string, id: string) => demandMeant(await find(region, id), id);
  const locked = <Result>(region: string, id: string, act: () => Promise<Result>) =>
    serial.run(`${region}/${nameOf(region, id)}`, act);

  return {
    demand,
    async list(region) {
      const names = await readdir(join(folder, region)).catch(() => []);
      const found = await Promise.all(
        names.sort().map((name) => find(region, decodeURIComponent(name.slice(0, -'.json'.length)))),
      );
      return found.filter((secret) => secret !== undefined);
    },
    create: (region, name, make) =>
      locked(region, name, async () => {
        const present = await find(region, name);
        if (present !== undefined) throw alreadyThere(present);
        const suffix = randomBytes(3).toString('hex');
        const secret = make(`arn:aws:secretsmanager:${region}:000000000000:secret:${name}-${suffix}`);
        await write(region, secret);
        return secret;
      }),
    change: (region, id, act, options = {}) =>
      locked(region, id, async () => {
        const present = await demand(region, id);
        if (present.deletedAt !== undefined && options.evenIfDeleted !== true) throw markedForDeletion();
        const changed = act(present);
        if (changed !== present) await write(region, changed);
        return changed;
      }),
    destroy: (region, id) =>
      locked(region, id, async () => {
        const present = await demand(region, id);
        await rm(pathOf(region, present.name), { force: true });
        return present;
      }),
  };
}

/** The secret, if the id is its name, its ARN, or its ARN without the random end. */
function demandMeant(found: Secret | undefined, id: string): Secret {
  const isMeant = id === found?.name || id === found?.arn || id === found?.arn.slice(0, -suffixLength);
  if (found === undefined || !isMeant)
    throw new ApiError(400, 'ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  return found;
}

/** A hyphen and six characters. */
const suffixLength = 7;

/** An id that is an ARN has the name in it, with or without the random end; a secret's name decides which. */
function nameOf(region: string, id: string): string {
  const prefix = `arn:aws:secretsmanager:${region}:000000000000:secret:`;
  if (!id.startsWith(prefix)) return id;
  return id.slice(prefix.length).replace(/-[0-9a-f]{6}$/, '');
}

function isGone(secret: Secret): boolean {
  return secret.deletedAt !== undefined && secret.deletedAt <= Date.now();
}

function alreadyThere(secret: Secret): ApiError {
  if (secret.deletedAt === undefined)
    return new ApiError(
      400,
      'ResourceExistsException',
      `The operation failed because the secret ${secret.name} already exists.`,
    );
  return new ApiError(
    400,
    'InvalidRequestException',
    "You can't create this secret because a secret with this name is already scheduled for deletion.",
  );
}

/** What a secret in its recovery time answers to everything but its restoring. */
export function markedForDeletion(): ApiError {
  return new ApiError(
    400,
    'InvalidRequestException',
    "You can't perform this operation on the secret because it was marked for deletion.",
  );
}
