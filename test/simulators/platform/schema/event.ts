import { each, type FieldTable, flag, instant, oneOf, required, text, under, uriReference } from './field.ts';

/** One identity of a person. */
export const identityItem: FieldTable = {
  id: text,
  authenticatedState: oneOf('ambiguous', 'authenticated', 'loggedOut'),
  primary: flag,
};

/** Who an event is about: lists of identities by the code of their namespace. */
export const identityMap: FieldTable = under(identityItem, 'identityMap.*[]');

/** What anything has that happens at one time. */
export const timeSeries: FieldTable = { _id: uriReference, timestamp: instant, eventType: text };

/** The class of every dataset that takes events. */
export const experienceEvent: FieldTable = {
  ...identityMap,
  ...timeSeries,
  _id: required(uriReference),
  timestamp: required(instant),
  ...each(text, 'eventMergeId', 'producedBy'),
};
