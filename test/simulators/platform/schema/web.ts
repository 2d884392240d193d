import {
  count,
  each,
  type FieldTable,
  flag,
  measure,
  oneOf,
  required,
  text,
  under,
  uri,
  uriReference,
  whole,
} from './field.ts';
import { languageTag } from './language-tag.ts';

const page: FieldTable = {
  ...each(text, 'siteSection', 'name', 'viewName', 'URL', 'server'),
  ...each(flag, 'isErrorPage', 'isHomePage', 'isPreRendered'),
  ...under(measure, 'pageViews'),
};

/** A page, what was clicked on it, and where the visitor came from. */
export const web: FieldTable = {
  ...under(page, 'webPageDetails'),
  'webInteraction.type': oneOf('download', 'exit', 'other'),
  ...each(text, 'webInteraction.URL', 'webInteraction.name', 'webInteraction.region'),
  ...under(measure, 'webInteraction.linkClicks'),
  'webReferrer.URL': text,
  'webReferrer.type': oneOf(
    ...['internal', 'external', 'search_engine', 'typed_bookmarked', 'email', 'social'],
    ...['usenet', 'hard_drive', 'nojs', 'conversational_ai', 'unknown'],
  ),
};

export const marketing: FieldTable = each(text, 'trackingCode', 'campaignName', 'campaignGroup');

/** An app, and the milestones of its life on a device. */
export const application: FieldTable = {
  ...each(text, 'id', 'name', 'version'),
  ...under(measure, 'installs', 'firstLaunches', 'launches', 'upgrades'),
  ...under(measure, 'applicationCloses', 'crashes', 'featureUsages'),
  ...each(flag, 'isInstall', 'isLaunch', 'isUpgrade', 'isClose'),
  closeType: oneOf('close', 'unknown'),
  sessionLength: count,
  userPerspective: oneOf('foreground', 'background', 'detached'),
  '_dc.language': languageTag,
};

/** The software that collected an event; its name is a URI, so that `web` alone is none. */
export const implementationDetails: FieldTable = {
  name: uri,
  version: text,
  environment: oneOf('browser', 'app', 'server', 'iot'),
};

export const channel: FieldTable = {
  _id: required(uriReference),
  _type: uri,
  mode: oneOf('push', 'pull', 'bidirectional'),
  ...each(text, 'typeAtSource', 'mediaType', 'mediaAction', 'referringSource'),
  ...each(uri, 'contentTypes[]', 'metricTypes[]', 'locationTypes[]'),
};

export const search: FieldTable = {
  ...each(text, 'searchEngine', 'keywords', 'slot'),
  searchEngineID: uri,
  isPaid: flag,
  ...each(whole, 'pageDepth', 'position'),
};
