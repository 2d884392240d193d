import type { JsonObject } from './json.ts';
import { buildSchema } from './schema/build-schema.ts';
import { each, text, under } from './schema/field.ts';
import { eventClass, standardFieldGroups } from './schema/standard-resources.ts';

/** `$id` of a tenant's own resource. */
export function tenantId(tenant: string, kind: string, name: string): string {
  return `https://ns.adobe.com/${tenant}/${kind}/${name}`;
}

/** What of a Mixpanel event has no place in the standard field groups; `properties` keeps the rest under its own names. */
const mixpanelFields = each(text, 'event', 'source', 'projectId', 'date', 'run', 'properties.*');

/** The tenant's field group, in the form in which one is posted. */
export function mixpanelFieldGroup(tenant: string): JsonObject {
  const { properties } = buildSchema(under(mixpanelFields, `_${tenant}.mixpanel`));
  return {
    $id: tenantId(tenant, 'mixins', 'mixpanel-event-details'),
    type: 'object',
    title: 'Mixpanel event details',
    'meta:intendedToExtend': [eventClass],
    definitions: { customFields: { properties } },
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
