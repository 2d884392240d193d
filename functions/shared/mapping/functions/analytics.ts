import type { Value } from '../values/value.ts';
import { newObject } from '../values/value.ts';
import { requiredText, text } from './arguments.ts';
import { type FunctionSpec, fn } from './registry.ts';

/** One product of Analytics' product string: category;name;quantity;price;events;eVars. */
type Product = readonly string[];

const fieldIndex = { category: 0, name: 1, quantity: 2, price: 3, events: 4, evars: 5 } as const;

/** Products are separated by commas, their fields by semicolons; Analytics allows neither inside a field. */
function products(value: Value): readonly Product[] | null {
  const read = text(value);
  return read === null || read === '' ? null : read.split(',').map((product) => product.split(';'));
}

/** One field of every product, null where it is empty, so that columns stay parallel. */
function column(field: keyof typeof fieldIndex): FunctionSpec {
  return fn(
    1,
    1,
    (value) => products(value)?.map((product) => product[fieldIndex[field]]?.trim() || null) ?? null,
  );
}

interface AnalyticsEvent {
  readonly name: string;
  readonly value: string;
  readonly id: string | null;
}

/** `event101=5:123456`: a name, a value that is 1 unless given, and the id that deduplicates it. */
function event(entry: string): AnalyticsEvent {
  const [head = '', id] = split(entry.trim(), ':');
  const [name = '', value] = split(head, '=');
  return { name: name.trim(), value: value?.trim() || '1', id: id?.trim() || null };
}

function split(value: string, separator: string): [string, string | undefined] {
  const position = value.indexOf(separator);
  return position === -1 ? [value, undefined] : [value.slice(0, position), value.slice(position + 1)];
}

/** The event of a name in a list of events. */
function findEvent(list: Value, name: Value): AnalyticsEvent | undefined {
  const wanted = requiredText(name, 'the name of the event');
  return text(list)
    ?.split(',')
    .map(event)
    .find((candidate) => candidate.name === wanted);
}

/** The events of a name over all products, in their order. */
function productEvents(value: Value, name: Value): readonly AnalyticsEvent[] | null {
  const wanted = requiredText(name, 'the name of the event');
  const all = products(value)?.flatMap((product) => (product[fieldIndex.events] ?? '').split('|').map(event));
  return all?.filter((candidate) => candidate.name === wanted) ?? null;
}

/** Merchandising values of an eVar over all products. */
function productEvars(value: Value, name: Value): Value {
  const wanted = requiredText(name, 'the name of the eVar');
  const all = products(value)?.flatMap((product) => (product[fieldIndex.evars] ?? '').split('|'));
  if (all === undefined) return null;
  return all.flatMap((entry) => {
    const [key, found] = split(entry.trim(), '=');
    return key === wanted && found !== undefined ? [found] : [];
  });
}

function asObject({ id, value }: AnalyticsEvent): Value {
  const made = newObject();
  made.id = id;
  made.value = value;
  return made;
}

/** Adobe Analytics' event and product strings. */
export const analyticsFunctions: Readonly<Record<string, FunctionSpec>> = {
  aa_get_event_id: fn(2, 2, (list, name) => findEvent(list, name)?.id ?? null),
  aa_get_event_value: fn(2, 2, (list, name) => findEvent(list, name)?.value ?? null),
  aa_get_product_categories: column('category'),
  aa_get_product_names: column('name'),
  aa_get_product_quantities: column('quantity'),
  aa_get_product_prices: column('price'),
  aa_get_product_event_values: fn(
    2,
    2,
    (value, name) => productEvents(value, name)?.map((found) => found.value) ?? null,
  ),
  aa_get_product_evars: fn(2, 2, productEvars),
  aa_get_product_events: fn(2, 2, (value, name) => productEvents(value, name)?.map(asObject) ?? null),
  aa_get_product_event_ids: fn(
    2,
    2,
    (value, name) => productEvents(value, name)?.map((found) => found.id) ?? null,
  ),
};
