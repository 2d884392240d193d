import * as z from 'zod';
import { wireSchema } from './platform/wire.ts';
import { isSafeEndpoint } from './safe-endpoint.ts';
import { resolveTimeZone } from './time-zone.ts';

/** Hosts by Mixpanel data residency (Mixpanel docs, reference/raw-event-export). */
export const mixpanelHosts = {
  us: { export: 'https://data.mixpanel.com', app: 'https://mixpanel.com' },
  eu: { export: 'https://data-eu.mixpanel.com', app: 'https://eu.mixpanel.com' },
  in: { export: 'https://data-in.mixpanel.com', app: 'https://in.mixpanel.com' },
} as const;

/** What a Platform server-to-server credential asks for (Adobe's own Kafka connector asks for the same). */
export const defaultScopes =
  'openid,AdobeID,read_organizations,additional_info.projectedProductContext,session';

const timeZone = z
  .string('must be a time zone name')
  .transform((name, context) => {
    const resolved = resolveTimeZone(name);
    if (resolved !== undefined) return resolved;
    context.addIssue({
      code: 'custom',
      input: name,
      message:
        'allowed is an IANA name (Europe/Madrid), an alias (US/Pacific) or a Windows name (Pacific Standard Time)',
    });
    return z.NEVER;
  })
  .meta({ title: 'a time zone' });

/** An endpoint: HTTPS, or plain HTTP to this machine alone, so that no override can send a credential in clear. */
const endpoint = z
  .string('must be a URL')
  .refine(
    (text) => isSafeEndpoint(text),
    'must be an https:// URL (http:// only to 127.0.0.1, [::1] or localhost)',
  )
  // Paths are put behind it.
  .refine((text) => !/[?#]/.test(text), 'must have no query (?) and no fragment (#)')
  .transform((text) => text.replace(/\/+$/, ''))
  .meta({ format: 'uri' });

const text = (what: string) => z.string(`must be ${what}`).min(1, `must be ${what}, not empty`);
const flag = z.boolean('must be true or false');
const integer = (min: number, max: number) =>
  z
    .int(`must be a whole number from ${min} to ${max}`)
    .min(min, `must be a whole number from ${min} to ${max}`)
    .max(max, `must be a whole number from ${min} to ${max}`);
/** As Secrets Manager has names: a pattern in one would let a function's role read other secrets too. */
const secretName = z
  .string('must be the name of an existing secret')
  .regex(
    /^[\w/+=.@-]{1,512}$/,
    'must be the name of an existing secret, no ARN: letters, digits and /_+=.@-, at most 512',
  )
  .optional();

const propertyNames = (refused: readonly string[], why: string) =>
  z
    .array(
      text('a property name').refine(
        (name) => !refused.includes(name),
        `must not be one of ${refused.join(', ')}: ${why}`,
      ),
      'must be a list of property names',
    )
    .default([]);

const projectIdRule = 'must be a project id: a positive whole number or its digits';
const projectId = z
  .union(
    [
      z.int(projectIdRule).positive(projectIdRule),
      z.string(projectIdRule).regex(/^[1-9]\d*$/, projectIdRule),
    ],
    projectIdRule,
  )
  .transform(String);

export const sourceIdPattern = /^[a-z][a-z0-9-]{0,30}$/;

export const sourceSchema = z.strictObject({
  id: z
    .string('must be a source id')
    .regex(
      sourceIdPattern,
      'must match ^[a-z][a-z0-9-]{0,30}$: lower-case letters, digits and hyphens, a letter first',
    )
    .describe('Name of the source in keys, metrics and outputs; unique'),
  mixpanel: z
    .strictObject({
      projectId: projectId.describe('Mixpanel project id'),
      region: z
        .enum(['us', 'eu', 'in'], 'must be one of us, eu, in')
        .default('us')
        .describe("Where Mixpanel keeps the project's data; picks the hosts to call"),
      // Defaults of transformed keys are given as they are written, so that the JSON Schema can name them.
      timezone: timeZone
        .prefault('UTC')
        .describe("The project's time zone: an IANA name, an alias such as US/Pacific, or a Windows name"),
      timestamps: z
        .enum(['auto', 'utc', 'project'], 'must be one of auto, utc, project')
        .default('auto')
        .describe('How the project stores time; auto measures it and records what it found'),
      events: z
        .array(text('an event name'), 'must be a list of event names')
        .min(1, 'must name one event or more; leave it out for all events')
        .optional()
        .describe('Export these events alone; all without it'),
      where: text('a filter expression')
        .optional()
        .describe("Export only what this expression of Mixpanel's selects"),
      sliceTime: z
        .enum(['event', 'property'], 'must be one of event, property')
        .default('event')
        .describe(
          'How a window too large for one query is cut: by event["$time"], the form that Mixpanel documents, or by properties["$time"], in use elsewhere',
        ),
      baseUrl: endpoint.optional().describe("Another export host, for a proxy; the region's without it"),
      appUrl: endpoint.optional().describe("Another application host, for a proxy; the region's without it"),
      secretName: secretName.describe('Use this existing secret instead of creating one'),
      hourlyQueryBudget: integer(1, 60)
        .default(50)
        .describe("How many of the project's 60 export queries an hour the connector may use"),
    })
    .transform((mixpanel) => ({
      ...mixpanel,
      baseUrl: mixpanel.baseUrl ?? mixpanelHosts[mixpanel.region].export,
      appUrl: mixpanel.appUrl ?? mixpanelHosts[mixpanel.region].app,
    }))
    .describe('Where the events come from'),
  schedule: z
    .strictObject({
      at: z
        .string('must be a time of day')
        .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day, HH:MM from 00:00 to 23:59')
        .default('03:30')
        .describe("Daily, in the source's time zone"),
      lookbackDays: integer(0, 30)
        .default(5)
        .describe('How many settled windows are exported again each day, for late events'),
      enabled: flag.default(true).describe('Whether the schedule runs'),
    })
    .prefault({})
    .describe('When windows are exported'),
  platform: z
    .strictObject({
      orgId: text('the organisation id, like 0123456789ABCDEF@AdobeOrg').describe(
        'Organisation id, ending in @AdobeOrg',
      ),
      sandbox: text('the sandbox name, like prod').describe('Sandbox name, like prod'),
      datasetId: text('the dataset id, which connector setup writes').describe(
        'Dataset that receives the events',
      ),
      schemaId: text('the schema $id, which connector setup writes').describe(
        "The dataset's schema: its $id, a URL",
      ),
      tenant: z
        .string('must be the tenant id, which connector setup writes')
        .regex(/^[A-Za-z0-9][A-Za-z0-9_]*$/, 'must be the tenant id without its leading underscore')
        .describe('Tenant id, without the leading underscore'),
      baseUrl: endpoint.prefault('https://platform.adobe.io').describe('Another Platform host, for a proxy'),
      imsUrl: endpoint.prefault('https://ims-na1.adobelogin.com').describe('Another token host, for a proxy'),
      scopes: text('a comma-separated list of scopes')
        .default(defaultScopes)
        .describe('What the credential asks for'),
      profile: flag
        .default(true)
        .describe('The dataset feeds Real-Time Customer Profile: events over 10 KB are rejected'),
      maxRejectedPercent: z
        .number('must be a number from 0 to 100')
        .min(0, 'must be a number from 0 to 100')
        .max(100, 'must be a number from 0 to 100')
        .default(5)
        .describe('A window with more rejected records than this is not delivered'),
      // Two thirds of Adobe's 90 a day: the rest is for the sandbox's other feeds.
      dailyBatchBudget: integer(1, 10_000)
        .default(60)
        .describe(
          'Batches a day in the sandbox from which on backfill waits; Adobe advises 90 for all feeds',
        ),
      delivery: z
        .enum(['batch', 'streaming'], 'must be one of batch, streaming')
        .default('batch')
        .describe('batch delivers exactly once; streaming at least once'),
      inletUrl: endpoint
        .refine((url) => /\/collection\/[^/]+$/.test(url), 'must end with /collection/<id of the inlet>')
        .optional()
        .describe('Where rows are streamed to, with delivery streaming; connector setup writes it'),
      flowId: text('the id of a dataflow')
        .optional()
        .describe('Dataflow that streamed rows are shown under; connector setup writes it'),
      secretName: secretName.describe('Use this existing secret instead of creating one'),
      wire: wireSchema.describe("How requests are written where Adobe's own material is contradictory"),
    })
    .superRefine(({ delivery, inletUrl }, context) => {
      if (delivery === 'batch' || inletUrl !== undefined) return;
      context.addIssue({
        code: 'custom',
        path: ['inletUrl'],
        input: inletUrl,
        message: 'must be set with delivery streaming: connector setup makes the inlet and writes it',
      });
    })
    .describe('Where the events go'),
  mapping: text('the path of a mapping set')
    .default('mappings/default.json')
    .describe("Mapping set, relative to this file's folder or the project's"),
  strictMapping: z
    .boolean()
    .default(false)
    .describe('Null operands and unknown fields are errors of their rule'),
  privacy: z
    .strictObject({
      // Without its time no record can be delivered, and without its insert id no duplicate of it can be told.
      drop: propertyNames(['time', '$insert_id'], 'records are told apart by it').describe(
        'Properties removed before anything is stored',
      ),
      hash: propertyNames(['time'], 'records are told apart by it').describe(
        'Properties replaced by a keyed SHA-256 before anything is stored',
      ),
      keySecretName: secretName.describe('Use the key in this existing secret instead of creating one'),
    })
    .prefault({})
    .describe('What never reaches the archive as it is'),
});

/** One Mixpanel project delivered into one Platform dataset, with every default filled in. */
export type SourceSettings = z.output<typeof sourceSchema>;
