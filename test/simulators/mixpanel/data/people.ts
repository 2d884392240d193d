import { Random, seedFrom, uuidOf } from './random.ts';

/** Where an event comes from; decides its SDK properties. */
export type Channel = 'web' | 'ios' | 'android' | 'server';

/** One device of one person; what its events share is rendered once. */
export interface Person {
  readonly channel: Channel;
  readonly deviceId: string;
  /** Set for those who ever sign in. */
  readonly userId: string | undefined;
  /** Share of the day after which this person is signed in. */
  readonly signsInAt: number;
  /** Original ID merge may choose the anonymous id as the one that it exports. */
  readonly anonymousIsCanonical: boolean;
  /** JSON members, each begun by a comma, which every event of this device carries. */
  readonly members: string;
}

const places = [
  ['San Francisco', 'California', 'US'],
  ['New York', 'New York', 'US'],
  ['São Paulo', 'São Paulo', 'BR'],
  ['Zürich', 'Zurich', 'CH'],
  ['München', 'Bayern', 'DE'],
  ['東京', 'Tokyo', 'JP'],
  ['Bengaluru', 'Karnataka', 'IN'],
  ['Αθήνα', 'Attica', 'GR'],
] as const;

const browsers = [
  ['Chrome', 139, 'Mac OS X'],
  ['Chrome', 138.5, 'Windows'],
  ['Safari', 18.6, 'Mac OS X'],
  ['Firefox', 141, 'Linux'],
  ['Mobile Safari', 18.5, 'iOS'],
  ['Microsoft Edge', 139, 'Windows'],
] as const;

const campaigns = [
  {},
  {},
  {
    utm_source: 'google',
    utm_medium: 'cpc',
    utm_campaign: 'spring sale',
    utm_term: 'running shoes',
    gclid: 'Cj0KCQjw',
  },
  { utm_source: 'newsletter', utm_medium: 'email', utm_campaign: 'week-10', utm_content: 'hero' },
  { utm_source: 'facebook', utm_medium: 'paid_social', utm_campaign: 'lookalike ✨', fbclid: 'IwAR0' },
] as const;

/** How often each channel occurs. */
const channels: readonly Channel[] = [
  'web',
  'web',
  'web',
  'web',
  'web',
  'web',
  'ios',
  'ios',
  'android',
  'server',
];

/** The people of a project: the same on every day. */
export function peopleOf(seed: number, count: number): readonly Person[] {
  return Array.from({ length: count }, (_, index) => personAt(seedFrom(seed, 'person', index)));
}

function personAt(seed: number): Person {
  const random = new Random(seed);
  const channel = random.pick(channels);
  const uuid = uuidOf(random.next(), random.next(), random.next(), random.next());
  const deviceId = channel === 'ios' ? uuid.toUpperCase() : uuid;
  const known = channel === 'server' || random.chance(0.6);
  return {
    channel,
    deviceId,
    userId: known ? `user-${random.between(100_000, 999_999)}-${seed % 1000}` : undefined,
    signsInAt: random.fraction() * 0.5,
    anonymousIsCanonical: random.chance(0.3),
    members: `,${JSON.stringify(deviceProperties(channel, random)).slice(1, -1)}`,
  };
}

function deviceProperties(channel: Channel, random: Random): Record<string, unknown> {
  const [city, region, country] = random.pick(places);
  const place = { $city: city, $region: region, mp_country_code: country };
  if (channel === 'web') return { ...webProperties(random), ...place };
  if (channel === 'ios') return { ...iosProperties(random), ...place };
  if (channel === 'android') return { ...androidProperties(random), ...place };
  return { mp_lib: 'python', $lib_version: '4.11.1' };
}

function webProperties(random: Random): Record<string, unknown> {
  const [browser, version, os] = random.pick(browsers);
  const direct = random.chance(0.5);
  return {
    mp_lib: 'web',
    $lib_version: '2.72.0',
    mp_sent_by_lib_version: '2.72.0',
    $os: os,
    $browser: browser,
    // A few senders (Segment among them) write the version as text; the JavaScript SDK writes a number.
    $browser_version: random.chance(0.1) ? `${version}.0.4472` : version,
    ...(random.chance(0.05) ? { browser: `my own ${browser}` } : {}),
    ...(os === 'iOS' ? { $device: 'iPhone' } : {}),
    $screen_height: random.pick([844, 900, 1080, 1440]),
    $screen_width: random.pick([390, 1440, 1920, 2560]),
    $initial_referrer: direct ? '$direct' : 'https://www.google.com/',
    $initial_referring_domain: direct ? '$direct' : 'www.google.com',
    ...(direct
      ? {}
      : {
          $referrer: 'https://www.google.com/',
          $referring_domain: 'www.google.com',
          $search_engine: 'google',
        }),
    ...random.pick(campaigns),
  };
}

function iosProperties(random: Random): Record<string, unknown> {
  return {
    mp_lib: random.pick(['swift', 'iphone', 'react-native']),
    $lib_version: '5.1.0',
    $os: 'iOS',
    $os_version: random.pick(['18.5', '17.7.2']),
    $manufacturer: 'Apple',
    $model: random.pick(['iPhone17,1', 'iPad14,4']),
    $app_version_string: random.pick(['4.2.0', '4.2.1']),
    $app_build_number: random.pick(['4201', 4202]),
    $screen_height: 852,
    $screen_width: 393,
    $carrier: random.pick(['Movistar', 'T-Mobile', 'au by KDDI']),
    $radio: 'LTE',
    $wifi: random.chance(0.7),
  };
}

function androidProperties(random: Random): Record<string, unknown> {
  return {
    mp_lib: random.pick(['android', 'flutter', 'unity']),
    $lib_version: '8.2.0',
    $os: 'Android',
    $os_version: random.pick(['14', '15']),
    $manufacturer: random.pick(['samsung', 'Google']),
    $brand: random.pick(['samsung', 'google']),
    $model: random.pick(['SM-S928B', 'Pixel 9']),
    $app_version_string: '4.2.1',
    $app_build_number: 4202,
    $screen_height: 2340,
    $screen_width: 1080,
    $screen_dpi: 420,
    $carrier: random.pick(['Vodafone', 'Jio']),
    $wifi: random.chance(0.6),
    $bluetooth_enabled: random.chance(0.5),
    $bluetooth_version: 'ble',
    $has_nfc: true,
    $has_telephone: true,
    $google_play_services: 'available',
  };
}
