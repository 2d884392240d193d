import type { JsonObject } from '../json.ts';
import { buildSchema } from './build-schema.ts';
import { commerce, order, productListItem } from './commerce.ts';
import { browserDetails, device, environment } from './environment.ts';
import { experienceEvent, identityItem, identityMap, timeSeries } from './event.ts';
import { type FieldTable, measure, under } from './field.ts';
import {
  address,
  auditable,
  circle,
  coordinates,
  geo,
  placeContext,
  pointOfInterest,
  shape,
} from './place.ts';
import { application, channel, implementationDetails, marketing, search, web } from './web.ts';

const xdm = 'https://ns.adobe.com/xdm';

/** The class of every dataset that takes events. */
export const eventClass = `${xdm}/context/experienceevent`;

/** The standard field groups that a schema for product analytics events is put together from. */
const fieldGroups: { readonly [id: string]: FieldTable } = {
  [`${eventClass}-environment-details`]: {
    ...under(environment, 'environment'),
    ...under(device, 'device'),
    ...under(placeContext, 'placeContext'),
  },
  [`${eventClass}-web`]: under(web, 'web'),
  [`${eventClass}-marketing`]: under(marketing, 'marketing'),
  [`${eventClass}-application`]: under(application, 'application'),
  [`${eventClass}-commerce`]: {
    ...under(commerce, 'commerce'),
    ...under(productListItem, 'productListItems[]'),
  },
  [`${eventClass}-implementation-details`]: under(implementationDetails, 'implementationDetails'),
  [`${eventClass}-channel`]: under(channel, 'channel'),
  [`${eventClass}-search`]: under(search, 'search'),
};

/** Their ids. */
export const standardFieldGroups: readonly string[] = Object.keys(fieldGroups);

/** What a tenant's own field group may refer to for the type of a field. */
const dataTypes: { readonly [id: string]: FieldTable } = {
  [`${xdm}/data/measure`]: measure,
  [`${xdm}/data/order`]: order,
  [`${xdm}/content/productlistitem`]: productListItem,
  [`${xdm}/common/address`]: address,
  [`${xdm}/common/auditable`]: auditable,
  [`${xdm}/common/geo`]: geo,
  'http://schema.org/GeoCoordinates': coordinates,
  'http://schema.org/GeoCircle': circle,
  'http://schema.org/GeoShape': shape,
  [`${xdm}/channels/channel`]: channel,
  [`${xdm}/context/application`]: application,
  [`${xdm}/context/browserdetails`]: browserDetails,
  [`${xdm}/context/commerce`]: commerce,
  [`${xdm}/context/device`]: device,
  [`${xdm}/context/environment`]: environment,
  [`${xdm}/context/identityitem`]: identityItem,
  [`${xdm}/context/implementationdetails`]: implementationDetails,
  [`${xdm}/context/marketing`]: marketing,
  [`${xdm}/context/placecontext`]: placeContext,
  [`${xdm}/context/poi-detail`]: pointOfInterest,
  [`${xdm}/context/search`]: search,
  [`${xdm}/context/webinfo`]: web,
};

/** Adobe's own resources as far as events of product analytics need them, by `$id`: our tables under Adobe's ids. */
export function standardResources(): Map<string, JsonObject> {
  const extendsEvents = { 'meta:intendedToExtend': [eventClass] };
  const documents = [
    resource('classes', eventClass, experienceEvent),
    resource('behaviors', `${xdm}/data/time-series`, timeSeries),
    // Any class may take identities.
    resource('mixins', `${xdm}/context/identitymap`, identityMap, { 'meta:intendedToExtend': [] }),
    ...Object.entries(fieldGroups).map(([id, table]) => resource('mixins', id, table, extendsEvents)),
    ...Object.entries(dataTypes).map(([id, table]) => resource('datatypes', id, table)),
  ];
  return new Map(documents.map((document) => [document.$id, document]));
}

function resource(type: string, $id: string, table: FieldTable, more: JsonObject = {}) {
  const title = $id.slice($id.lastIndexOf('/') + 1);
  return { $id, title, 'meta:resourceType': type, ...more, ...buildSchema(table) };
}
