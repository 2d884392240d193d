const context = 'https://ns.adobe.com/xdm/context';

/** The class of every schema that takes events. It brings `_id`, `timestamp`, `eventType` and `identityMap`. */
export const eventClass = `${context}/experienceevent`;

/** The standard field group that brings a field of rows, by the field's name (Adobe's published XDM). */
const groupsByField: Readonly<Record<string, string>> = {
  environment: 'environment-details',
  device: 'environment-details',
  placeContext: 'environment-details',
  web: 'web',
  marketing: 'marketing',
  application: 'application',
  commerce: 'commerce',
  productListItems: 'commerce',
  implementationDetails: 'implementation-details',
  channel: 'channel',
  search: 'search',
};

/** `$id` of the standard field group with this field; undefined for the class's own fields, and for unknown ones. */
export function standardGroupOf(field: string): string | undefined {
  return Object.hasOwn(groupsByField, field) ? `${eventClass}-${groupsByField[field]}` : undefined;
}
