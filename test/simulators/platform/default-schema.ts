import type { JsonObject } from './json.ts';

const context = 'https://ns.adobe.com/xdm/context';

/** The class of every dataset that takes events. */
export const eventClass = `${context}/experienceevent`;

/** The standard field groups that a schema for product analytics events is put together from. */
export const standardFieldGroups: readonly string[] = [
  'environment-details',
  'web',
  'marketing',
  'application',
  'commerce',
  'implementation-details',
  'channel',
  'search',
].map((name) => `${context}/experienceevent-${name}`);

/** `$id` of a tenant's own resource. */
export function tenantId(tenant: string, kind: string, name: string): string {
  return `https://ns.adobe.com/${tenant}/${kind}/${name}`;
}

const text = { type: 'string' };

/** The tenant's field group: what of a Mixpanel event has no place in the standard groups. */
export function mixpanelFieldGroup(tenant: string): JsonObject {
  return {
    $id: tenantId(tenant, 'mixins', 'mixpanel-event-details'),
    type: 'object',
    title: 'Mixpanel event details',
    'meta:intendedToExtend': [eventClass],
    definitions: {
      customFields: {
        properties: {
          [`_${tenant}`]: {
            type: 'object',
            properties: {
              mixpanel: {
                type: 'object',
                properties: {
                  event: text,
                  source: text,
                  projectId: text,
                  date: text,
                  run: text,
                  properties: { type: 'object', additionalProperties: text },
                },
              },
            },
          },
        },
      },
    },
    allOf: [{ $ref: '#/definitions/customFields' }],
  };
}

/** The schema of the dataset that stands ready when the simulator starts. */
export function mixpanelSchema(id: string, tenant: string): JsonObject {
  const references = [
    eventClass,
    ...standardFieldGroups,
    tenantId(tenant, 'mixins', 'mixpanel-event-details'),
  ];
  return {
    $id: id,
    type: 'object',
    title: 'Mixpanel events',
    description: 'Every raw event of a Mixpanel project.',
    'meta:class': eventClass,
    'meta:immutableTags': ['union'],
    allOf: references.map(($ref) => ({ $ref })),
  };
}
