import {
  day,
  decimal,
  each,
  type FieldTable,
  flag,
  instant,
  measure,
  oneOf,
  text,
  under,
  uriReference,
  whole,
} from './field.ts';

/** A point on the globe, in degrees and metres. */
export const coordinates: FieldTable = {
  _id: uriReference,
  '_schema.description': text,
  '_schema.latitude': { type: 'number', minimum: -90, maximum: 90 },
  '_schema.longitude': { type: 'number', minimum: -180, maximum: 180 },
  '_schema.elevation': decimal,
};

export const circle: FieldTable = {
  ...each(text, '_id', '_schema.description'),
  ...under(coordinates, '_schema.coordinates'),
  '_schema.radius': decimal,
};

export const shape: FieldTable = {
  ...each(text, '_id', '_schema.description'),
  // A polygon ends where it began, so a triangle has four points; a box is two opposite corners.
  '_schema.polygon': { type: 'array', minItems: 4 },
  '_schema.box': { type: 'array', minItems: 2, maxItems: 2 },
  ...under(coordinates, '_schema.polygon[]', '_schema.box[]'),
  ...under(circle, '_schema.circle'),
  ...each(decimal, '_schema.elevation', 'ceiling'),
};

/** Where something is, as precisely as it is known. */
export const geo: FieldTable = {
  ...coordinates,
  countryCode: { type: 'string', pattern: '^[A-Z]{2}$' },
  // ISO 3166-2, or empty; the name of a region does not fit.
  stateProvince: { type: 'string', pattern: '([A-Z]{2}-[A-Z0-9]{1,3}|)' },
  ...each(text, 'city', 'postalCode'),
  ...each(whole, 'dmaID', 'msaID'),
};

/** Who changed a record, and when. */
export const auditable: FieldTable = {
  ...each(text, 'repositoryCreatedBy', 'repositoryLastModifiedBy', '_repo.lastPublishedTime'),
  ...each(uriReference, 'createdByBatchID', 'modifiedByBatchID'),
  ...each(instant, '_repo.createDate', '_repo.modifyDate', '_repo.discardDate', '_repo.expires'),
};

export const address: FieldTable = {
  ...geo,
  ...auditable,
  primary: flag,
  ...each(text, 'label', 'street1', 'street2', 'street3', 'street4'),
  ...each(text, 'region', 'country', 'state', 'status', 'statusReason'),
  postOfficeBox: { type: 'string', maxLength: 20 },
  lastVerifiedDate: day,
};

/** A point of interest, and how near the device came to it. */
export const pointOfInterest: FieldTable = {
  ...each(text, 'POIID', 'poiID', 'name', 'category', 'type', 'locatingType'),
  distanceToPOICenter: decimal,
  'beaconInteractionDetails.proximityUUID': text,
  ...each(decimal, 'beaconInteractionDetails.beaconMajor', 'beaconInteractionDetails.beaconMinor'),
  'beaconInteractionDetails.proximity': oneOf('immediate', 'near', 'far', 'unknown'),
  ...each(decimal, 'geoInteractionDetails.distanceToCenter', 'geoInteractionDetails.deviceGeoAccuracy'),
  ...under(shape, 'geoInteractionDetails.geoShape'),
  ...each(text, 'metadata.list[].key', 'metadata.list[].value'),
};

/** Place and local time of an event. */
export const placeContext: FieldTable = {
  ...each(instant, 'localTime', 'IPLocalTime'),
  ianaTimezone: text,
  ...each(whole, 'localTimezoneOffset', 'IPLocalTimezoneOffset'),
  ...under(geo, 'geo'),
  // Both spellings of the detail are fields of XDM.
  ...under(pointOfInterest, 'POIinteraction.POIDetail', 'POIinteraction.poiDetail', 'activePOIs[]'),
  ...under(measure, 'POIinteraction.poiEntries', 'POIinteraction.poiExits'),
};
