import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { ConfigError, describeError, TerminalError } from '../../functions/shared/errors.ts';
import { compileMapping, parseMappingSet, readTargetSchema } from '../../functions/shared/mapping/index.ts';
import type { ObjectStore } from '../../functions/shared/object-store.ts';
import type { TokenSource } from '../../functions/shared/platform/ims-token.ts';
import type { PlatformClient } from '../../functions/shared/platform/platform-client.ts';
import { createSchemaRegistry, schemaRegistryPath } from '../../functions/shared/platform/schema-registry.ts';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import { parseAnswer } from '../../functions/shared/vendor-request.ts';
import { refreshSchema } from '../operator/refresh-schema.ts';
import { createPlatformResources, feedsProfile } from '../setup/platform-resources.ts';
import { type CheckReport, failed, type Outcome, passed, skipped, warned } from './check.ts';

export interface PlatformCheckDeps {
  readonly settings: SourceSettings;
  readonly tokens: TokenSource;
  readonly client: PlatformClient;
  /** The archive bucket, where the source is deployed. */
  readonly store: ObjectStore | undefined;
}

const names = ['Sandbox', 'Dataset', 'Schema'] as const;
const statsSchema = z.looseObject({ tenantId: z.string() });

/** Checks login, sandbox, dataset, and the schema against the mapping set. Nothing is written but the schema, into the bucket. */
export async function checkPlatform(report: CheckReport, deps: PlatformCheckDeps): Promise<void> {
  const { settings, tokens, client } = deps;
  const login = await report.attempt(
    'Platform login',
    'see in the Adobe Developer Console whether the credential is there, its secret is right, and its scopes are those of platform.scopes',
    async () => {
      await tokens.get();
      return { outcome: passed('IMS accepts the credential'), found: true };
    },
  );
  if (login === undefined) {
    for (const name of names) report.add(name, skipped('needs the login'));
    return;
  }
  const sandbox = await checkSandbox(report, settings, client);
  if (sandbox === undefined) {
    for (const name of names.slice(1)) report.add(name, skipped('needs the sandbox'));
    return;
  }
  await checkDataset(report, settings, client);
  await checkSchema(report, deps);
}

function checkSandbox(report: CheckReport, { platform }: SourceSettings, client: PlatformClient) {
  const remedy = `give the credential a role that may use sandbox ${platform.sandbox}, or correct platform.sandbox and platform.orgId`;
  return report.attempt('Sandbox', remedy, async () => {
    const act = 'asking the Schema Registry for the tenant';
    const answer = await client.send({ act, method: 'GET', path: `${schemaRegistryPath}/stats` });
    const { tenantId } = parseAnswer(statsSchema, answer.text, act);
    if (tenantId === platform.tenant) {
      return { outcome: passed(`${platform.sandbox}, tenant ${tenantId}`), found: true };
    }
    const text = `${platform.sandbox} is open, but its tenant is ${tenantId} and not ${platform.tenant}`;
    return { outcome: failed(text, `set platform.tenant to "${tenantId}" and deploy`), found: true };
  });
}

function checkDataset(report: CheckReport, { platform }: SourceSettings, client: PlatformClient) {
  const remedy = 'the role needs the right to view datasets';
  return report.attempt('Dataset', remedy, async () => {
    const dataset = await createPlatformResources(client).dataset(platform.datasetId);
    const result = (outcome: ReturnType<typeof passed>) => ({ outcome, found: undefined });
    if (dataset === undefined) {
      const text = `there is no dataset ${platform.datasetId} in sandbox ${platform.sandbox}`;
      return result(failed(text, 'correct platform.datasetId, or have connector setup make one'));
    }
    const schemaId = dataset.schemaRef?.id;
    if (schemaId !== platform.schemaId) {
      const text = `"${dataset.name}" has the schema ${schemaId}, and platform.schemaId names ${platform.schemaId}`;
      return result(failed(text, 'correct platform.schemaId or platform.datasetId'));
    }
    const feeds = feedsProfile(dataset);
    if (feeds === platform.profile) {
      return result(passed(`"${dataset.name}", ${feeds ? 'feeds Profile' : 'does not feed Profile'}`));
    }
    return result(
      feeds
        ? warned(
            `"${dataset.name}" feeds Profile, where events over 10 KB are lost`,
            'set platform.profile to true',
          )
        : warned(
            `"${dataset.name}" does not feed Profile`,
            'switch Profile on in Platform, or set platform.profile to false',
          ),
    );
  });
}

function checkSchema(report: CheckReport, deps: PlatformCheckDeps) {
  const { platform, mapping } = deps.settings;
  return report.attempt('Schema', 'the role needs the right to view schemas', async () => {
    const found = undefined;
    const fetched = await fetchSchema(deps);
    if (fetched === undefined) {
      const text = `there is no schema ${platform.schemaId}`;
      return { outcome: failed(text, 'correct platform.schemaId, or have connector setup make one'), found };
    }
    const { root, unresolved } = readTargetSchema(fetched.document, 'reading the schema');
    if (unresolved.length > 0) throw new TerminalError('schema_unresolved', unresolved.join('; '));
    const set = parseMappingSet(readFileSync(mapping, 'utf8'), { variables: { TENANT: platform.tenant } });
    try {
      compileMapping(set, { schema: root, profile: platform.profile });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const text = `the mapping set writes what the schema has not: ${error.problems.slice(0, 5).join('; ')}`;
      const more = error.problems.length > 5 ? `; and ${error.problems.length - 5} more` : '';
      return {
        outcome: failed(
          `${text}${more}`,
          'connector setup --grow adds the fields; or correct the mapping set',
        ),
        found,
      };
    }
    return { outcome: fits(fetched, set.rules.length), found };
  });
}

/** The schema as the registry has it now. */
interface FetchedSchema {
  readonly document: unknown;
  /** Whether deliveries go by it from now on. */
  readonly isKept: boolean;
  /** What kept it from that; undefined where it needed not. */
  readonly failure?: string;
}

/** Keeps it for deliveries as well, where there is a bucket: what was added or mended then counts for the next one. */
async function fetchSchema({
  settings,
  client,
  store,
}: PlatformCheckDeps): Promise<FetchedSchema | undefined> {
  const { platform, id } = settings;
  const { schemaId } = platform;
  const fetchAlone = async (kept: Omit<FetchedSchema, 'document'>) => {
    const document = await createSchemaRegistry(client).readFullSchema(schemaId);
    return document === undefined ? undefined : { document, ...kept };
  };
  if (store === undefined) return fetchAlone({ isKept: false });
  try {
    return await refreshSchema({ client, store, source: id, schemaId });
  } catch (error) {
    // The registry's failure comes again, and fails the check; the bucket's only means that nothing is kept.
    return fetchAlone({ isKept: false, failure: describeError(error) });
  }
}

function fits({ isKept, failure }: FetchedSchema, rules: number): Outcome {
  const text = `it has every field that the ${rules} rules write`;
  if (failure === undefined) return passed(isKept ? `${text}; deliveries go by it from now on` : text);
  return warned(
    `${text}, but it could not be kept in the archive bucket: ${failure}`,
    'deliveries may go by an older one for a day; give your AWS identity the right to write state/ in the bucket',
  );
}
