/** What the default mapping says, written by hand as plain JavaScript: the measure for the compiled one. */

type Json = Readonly<Record<string, unknown>>;

/** A line as it is parsed. */
export interface HandWrittenRow {
  readonly event: string;
  readonly properties: Json;
}

interface Connector {
  readonly id: string;
  readonly timestamp: string;
  readonly source: string;
  readonly projectId: string;
  readonly date: string;
  readonly run: string;
}

/** Standard event types by the event's name. */
export const eventTypes: ReadonlyMap<string, string> = new Map([
  ['$mp_web_page_view', 'web.webpagedetails.pageViews'],
  ['$mp_page_view', 'web.webpagedetails.pageViews'],
  ['Page View', 'web.webpagedetails.pageViews'],
  ['Page Viewed', 'web.webpagedetails.pageViews'],
  ['Viewed Page', 'web.webpagedetails.pageViews'],
  ['Loaded a Page', 'web.webpagedetails.pageViews'],
  ['$mp_click', 'web.webinteraction.linkClicks'],
  ['Link Clicked', 'web.webinteraction.linkClicks'],
  ['$mp_submit', 'web.formFilledOut'],
  ['Form Submitted', 'web.formFilledOut'],
  ['$ae_session', 'application.close'],
  ['$ae_first_open', 'application.launch'],
  ['Application Opened', 'application.launch'],
  ['App Opened', 'application.launch'],
  ['Application Backgrounded', 'application.close'],
  ['Product Viewed', 'commerce.productViews'],
  ['Viewed Product', 'commerce.productViews'],
  ['Product List Viewed', 'commerce.productListViews'],
  ['Cart Viewed', 'commerce.productListViews'],
  ['Product Added', 'commerce.productListAdds'],
  ['Added to Cart', 'commerce.productListAdds'],
  ['Add to Cart', 'commerce.productListAdds'],
  ['Product Removed', 'commerce.productListRemovals'],
  ['Removed from Cart', 'commerce.productListRemovals'],
  ['Checkout Started', 'commerce.checkouts'],
  ['Order Completed', 'commerce.purchases'],
  ['Purchase Completed', 'commerce.purchases'],
  ['Purchase', 'commerce.purchases'],
  ['$ae_iap', 'commerce.purchases'],
  ['Product Added to Wishlist', 'commerce.saveForLaters'],
]);

/** Properties that have a field of their own. */
export const mapped: ReadonlySet<string> = new Set([
  ...['$user_id', '$device_id', 'distinct_id', '$browser', '$app_version_string', '$browser_version', '$os'],
  ...[
    '$os_version',
    '$carrier',
    '$viewportHeight',
    '$viewportWidth',
    '$manufacturer',
    '$model',
    '$screen_height',
  ],
  ...['$screen_width', '$city', 'mp_country_code', '$current_url', 'current_page_title', 'current_domain'],
  ...['$referrer', 'utm_campaign', 'utm_id'],
]);

/** Ids that name nobody. */
export const banned: ReadonlySet<string> = new Set([
  ...[
    'anon',
    'anonymous',
    'null',
    'nil',
    'none',
    'undefined',
    'unknown',
    'nan',
    'n/a',
    'na',
    'true',
    'false',
  ],
  ...['0', '-1', '[]', '{}', '[object object]', '00000000-0000-0000-0000-000000000000', 'lmy47d'],
]);

function text(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '' || typeof value === 'object') return undefined;
  return String(value);
}

function integer(value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return Number.isSafeInteger(number) ? Number(number) : undefined;
}

function natural(value: unknown): number | undefined {
  const number = integer(value);
  return number !== undefined && number >= 0 ? number : undefined;
}

function usable(value: unknown): string | undefined {
  const id = text(value);
  return id === undefined || banned.has(id.trim().toLowerCase()) ? undefined : id;
}

function identities(properties: Json): Json | undefined {
  const distinctId = properties.distinct_id;
  const isDevice = typeof distinctId === 'string' && distinctId.startsWith('$device:');
  const user = usable(properties.$user_id);
  const device = usable(properties.$device_id) ?? (isDevice ? usable(distinctId.slice(8)) : undefined);
  const distinct = isDevice ? undefined : usable(distinctId);
  const map: Record<string, unknown> = {};
  if (user !== undefined)
    map.MIXPANELUSER = [{ id: user, authenticatedState: 'authenticated', primary: true }];
  if (device !== undefined) {
    map.MIXPANELDEVICE = [{ id: device, authenticatedState: 'ambiguous', primary: user === undefined }];
  }
  if (distinct !== undefined) {
    const primary = user === undefined && device === undefined;
    map.MIXPANEL = [{ id: distinct, authenticatedState: 'ambiguous', primary }];
  }
  return filled(map);
}

/** The object without what is undefined; undefined when nothing is left. */
function filled(object: Record<string, unknown>): Json | undefined {
  for (const name in object) if (object[name] !== undefined) return object;
  return undefined;
}

function others(properties: Json): Json | undefined {
  const map: Record<string, unknown> = {};
  for (const name in properties) {
    if (mapped.has(name)) continue;
    const value = properties[name];
    if (value === null || value === undefined || value === '') continue;
    const key = name.startsWith('$') ? `mixpanel_${name.slice(1)}` : name;
    map[key] = typeof value === 'object' ? JSON.stringify(value) : String(value);
  }
  return filled(map);
}

function environmentType(p: Json): string | undefined {
  if (p.$browser !== undefined) return 'browser';
  return p.$app_version_string !== undefined || p.$app_build_number !== undefined ? 'application' : undefined;
}

/** The row of an event, as JSON text. */
export function mapByHand(event: string, p: Json, connector: Connector): string {
  const country = typeof p.mp_country_code === 'string' && /^[A-Z]{2}$/.test(p.mp_country_code);
  const browserDetails = filled({ name: text(p.$browser), version: text(p.$browser_version) });
  return JSON.stringify({
    _id: connector.id,
    timestamp: connector.timestamp,
    eventType: eventTypes.get(event) ?? event,
    identityMap: identities(p),
    environment: filled({
      type: environmentType(p),
      browserDetails,
      operatingSystem: text(p.$os),
      operatingSystemVersion: text(p.$os_version),
      carrier: text(p.$carrier),
      connectionType: p.$wifi === true ? 'wireless_wifi' : undefined,
      viewportHeight: natural(p.$viewportHeight),
      viewportWidth: natural(p.$viewportWidth),
    }),
    device: filled({
      manufacturer: text(p.$manufacturer) ?? text(p.$brand),
      model: text(p.$model) ?? text(p.$device),
      screenHeight: integer(p.$screen_height),
      screenWidth: integer(p.$screen_width),
    }),
    placeContext: wrapped(
      'geo',
      filled({ city: text(p.$city), countryCode: country ? p.mp_country_code : undefined }),
    ),
    web: filled({
      webPageDetails: filled({
        URL: text(p.$current_url),
        name: text(p.current_page_title),
        server: text(p.current_domain),
      }),
      webReferrer: filled({ URL: text(p.$referrer) }),
    }),
    marketing: filled({ campaignName: text(p.utm_campaign), trackingCode: text(p.utm_id) }),
    application: filled({ version: text(p.$app_version_string) ?? text(p.$app_version) }),
    _acme: {
      mixpanel: {
        event,
        source: connector.source,
        projectId: connector.projectId,
        date: connector.date,
        run: connector.run,
        properties: others(p),
      },
    },
  });
}

function wrapped(name: string, value: unknown): Json | undefined {
  return value === undefined ? undefined : { [name]: value };
}
