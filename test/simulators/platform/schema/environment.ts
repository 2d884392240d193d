import { count, each, type FieldTable, flag, oneOf, text, under, uri, whole } from './field.ts';
import { languageTag } from './language-tag.ts';

const clientHints: FieldTable = {
  ...each(text, 'brands[].brand', 'brands[].version'),
  ...each(text, 'architecture', 'bitness', 'model', 'platform', 'platformVersion'),
  ...each(flag, 'mobile', 'wow64'),
};

export const browserDetails: FieldTable = {
  ...each(text, 'name', 'vendor', 'version', 'userAgent', 'acceptLanguage'),
  ...each(text, 'javaScriptVersion', 'javaVersion', 'quicktimeVersion'),
  ...each(flag, 'cookiesEnabled', 'thirdPartyCookiesEnabled', 'javaScriptEnabled', 'javaEnabled'),
  // Negative sizes pass here, though not in `environment` itself.
  ...each(whole, 'viewportHeight', 'viewportWidth'),
  ...under(clientHints, 'userAgentClientHints'),
};

const connectionType = oneOf(
  ...['mobile', 'mobile_edge', 'mobile_gprs', 'mobile_2g', 'mobile_3g', 'mobile_lte', 'wireless_wifi'],
  ...['dialup', 'modem', 'isdn', 'bisdn', 'dsl', 'cable', 'lan', 't1', 't3', 'oc3'],
);

const proxyType = oneOf(
  ...['anonymous', 'transparent', 'vpn', 'dns', 'cloud', 'cloud-security'],
  ...['consumer-privacy', 'corporate', 'edu', 'public'],
);

/** What an event happened in: software and network. */
export const environment: FieldTable = {
  type: oneOf('browser', 'application', 'iot', 'external', 'widget'),
  ...under(browserDetails, 'browserDetails'),
  ...each(text, 'operatingSystem', 'operatingSystemVersion', 'operatingSystemVendor'),
  ...each(count, 'colorDepth', 'viewportHeight', 'viewportWidth', 'duration'),
  ...each(text, 'viewedScreen', 'previousScreen', 'carrier', 'domain', 'ISP'),
  connectionType,
  proxyType,
  '_dc.language': languageTag,
  ipV4: { type: 'string', format: 'ipv4' },
  ipV6: { type: 'string', format: 'ipv6' },
};

export const device: FieldTable = {
  ...each(text, 'typeID', 'type', 'manufacturer', 'model', 'modelNumber'),
  typeIDService: uri,
  ...each(whole, 'screenHeight', 'screenWidth', 'colorDepth'),
  screenOrientation: oneOf('portrait', 'landscape'),
  ...each(flag, 'isBackgroundPushEnabled', 'isLocationEnabled', 'isPushOptIn'),
  locationPermission: oneOf(
    'SYSTEM_LOCATION_DISABLED',
    'NOT_ALLOWED',
    'ALWAYS_ALLOWED',
    'FOREGROUND_ALLOWED',
    'UNPROMPTED',
  ),
};
