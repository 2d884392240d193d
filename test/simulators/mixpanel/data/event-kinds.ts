import type { Channel } from './people.ts';
import type { Random } from './random.ts';

/** A kind of event: its name, how often it occurs beside the others of its channel, and one sample of its properties. */
export interface EventKind {
  readonly name: string;
  readonly channels: readonly Channel[];
  readonly weight: number;
  readonly properties: (random: Random) => Record<string, unknown>;
  /** Members that JSON.stringify could not write as the vendor does: numbers beyond a double, or their spelling. */
  readonly raw?: string;
}

const products = [
  'Trail shoe',
  'Café crème',
  'Rain jacket "Storm"',
  '抹茶セット',
  'Back\\pack',
  'Tea 🍵 set',
] as const;
const pages = [
  '/',
  '/women/shoes',
  '/search',
  '/cart',
  '/checkout/payment',
  '/über-uns',
  '/blog/%E2%9C%93',
] as const;

function page(random: Random): Record<string, unknown> {
  const path = random.pick(pages);
  const search = random.chance(0.3) ? '?q=trail%20shoe&sort=price' : '';
  return {
    $current_url: `https://shop.example.com${path}${search}`,
    current_page_title: `${random.pick(products)} | Example shop`,
    current_domain: 'shop.example.com',
    current_url_path: path,
    current_url_protocol: 'https:',
    current_url_search: search,
  };
}

function click(random: Random): Record<string, unknown> {
  return {
    ...page(random),
    $mp_autocapture: true,
    $event_type: 'click',
    $host: 'shop.example.com',
    $pathname: random.pick(pages),
    $el_tag_name: random.pick(['a', 'button', 'input']),
    $el_classes: ['btn', 'btn-primary'],
    $el_attr__href: random.pick(pages),
    $elements: [{ $tag_name: 'button', $classes: ['btn'], $attr_id: 'buy' }, { $tag_name: 'div' }],
    $viewportHeight: random.between(600, 1200),
    $viewportWidth: random.between(360, 2560),
    $clientX: random.between(0, 2000),
    $clientY: random.between(0, 1000),
    $pageX: random.between(0, 2000),
    $pageY: random.between(0, 6000),
  };
}

const scroll = (random: Random) => ({
  ...page(random),
  $mp_autocapture: true,
  $scroll_top: random.between(0, 5000),
  $scroll_height: 6000,
  $scroll_percentage: random.between(0, 100),
  $scroll_checkpoint: random.pick([25, 50, 75, 100]),
});

const item = (random: Random) => ({
  sku: `SKU-${random.between(1000, 9999)}`,
  'Product Name': random.pick(products),
  price: random.between(100, 99_999) / 100,
  quantity: random.between(1, 4),
});

function product(random: Random): Record<string, unknown> {
  return {
    ...item(random),
    currency: random.pick(['EUR', 'USD', 'JPY']),
    'Categories (all)': random.pick([['shoes'], ['shoes', 'outdoor', 'été'], []]),
    in_stock: random.chance(0.9),
    // The same property in four types, as sloppy trackers send it.
    plan: random.pick<unknown>(['pro', 3, true, ['pro', 'annual']]),
  };
}

function purchase(random: Random): Record<string, unknown> {
  const items = [item(random), item(random)];
  return {
    'Order ID': `${random.between(100_000, 999_999)}`,
    items,
    revenue: items.reduce((sum, { price, quantity }) => sum + price * quantity, 0),
    shipping: { method: 'express', address: { country: 'ES', zip: '08001' } },
    'ordered at': '2026-03-08T10:15:00',
    coupon: random.pick(['', 'SPRING', 'naïve 💸']),
  };
}

/** Names and values that break careless readers: separators that JSON leaves alone, controls, names of Object's own. */
function awkward(random: Random): Record<string, unknown> {
  return {
    'line\u2028separator': 'one\u2028two\u2029three\u0085four',
    emoji: '👩🏽‍🚀🇪🇸 ✓',
    'with "quotes" and \\': 'tab\tnewline\nreturn\r\u0001',
    constructor: 'Ferrari',
    toString: random.between(1, 9),
    'dotted.name[0]': { 'inner.name': [1, [2, [3]]] },
    ключ: 'значение',
    Browser: 'twin by case',
    ' leading space': false,
    empty: '',
    nothing: [],
    lone: '\ud83d',
  };
}

const rawNumbers =
  ',"huge":1e21,"account number":12345678901234567890,"ratio":0.1,"tiny":5e-324,"negative zero":-0,"precise":1.0';

const everyone: readonly Channel[] = ['web', 'ios', 'android'];
const mobile: readonly Channel[] = ['ios', 'android'];
const web: readonly Channel[] = ['web'];

/** Everything that a project may hold, identity events apart. */
export const eventKinds: readonly EventKind[] = [
  { name: '$mp_web_page_view', channels: web, weight: 30, properties: page },
  { name: '$mp_click', channels: web, weight: 8, properties: click },
  { name: '$mp_rage_click', channels: web, weight: 1, properties: click },
  { name: '$mp_scroll', channels: web, weight: 3, properties: scroll },
  { name: '$mp_page_leave', channels: everyone, weight: 3, properties: scroll },
  {
    name: '$mp_session_record',
    channels: web,
    weight: 1,
    properties: () => ({ $mp_replay_id: 'r-0192', replay_length_ms: 1250 }),
  },
  { name: '$mp_page_view', channels: mobile, weight: 8, properties: page },
  {
    name: 'Product Viewed',
    channels: everyone,
    weight: 14,
    properties: (random) => ({ ...page(random), ...product(random) }),
  },
  { name: 'Added to Cart', channels: everyone, weight: 6, properties: product },
  {
    name: 'Search',
    channels: everyone,
    weight: 6,
    properties: (random) => ({
      ...page(random),
      mp_keyword: random.pick(products),
      results: random.between(0, 300),
    }),
  },
  { name: 'Purchase Completed', channels: everyone, weight: 3, properties: purchase },
  {
    name: 'Signed up',
    channels: everyone,
    weight: 2,
    properties: (random) => ({ $duration: random.between(10, 9000) / 100, 'company id': ['acme', 'globex'] }),
  },
  { name: 'Großer Einkauf ✓', channels: everyone, weight: 1, properties: purchase, raw: rawNumbers },
  { name: 'App "Quoted" \\ Event', channels: everyone, weight: 1, properties: awkward, raw: rawNumbers },
  {
    name: '$ae_session',
    channels: mobile,
    weight: 6,
    properties: (random) => ({ $ae_session_length: random.between(1, 36_000) / 10 }),
  },
  { name: '$ae_first_open', channels: mobile, weight: 1, properties: () => ({}) },
  { name: '$ae_updated', channels: mobile, weight: 1, properties: () => ({ $ae_updated_version: '4.2.1' }) },
  {
    name: '$ae_crashed',
    channels: mobile,
    weight: 1,
    properties: () => ({ $ae_crashed_reason: 'EXC_BAD_ACCESS' }),
  },
  {
    name: '$ae_iap',
    channels: mobile,
    weight: 1,
    properties: () => ({ $ae_iap_name: 'coins', $ae_iap_quantity: 2, $ae_iap_price: 4.99 }),
  },
  {
    name: 'Subscription Renewed',
    channels: ['server'],
    weight: 4,
    properties: (random) => ({ plan: 'pro', revenue: random.between(5, 50), $source: 'billing' }),
  },
  { name: 'Order Shipped', channels: ['server'], weight: 4, properties: purchase, raw: rawNumbers },
];
