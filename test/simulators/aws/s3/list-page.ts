import { walkKeys } from './walk-keys.ts';

/** What a listing asks for. */
export interface ListQuery {
  readonly prefix: string;
  readonly delimiter: string;
  /** Only what sorts after this, and does not begin with it if it is a common prefix. */
  readonly after: ListPosition | undefined;
  readonly maxKeys: number;
}

/** The last item of a page: a key, or a common prefix, all of whose keys are behind it. */
export interface ListPosition {
  readonly text: string;
  readonly isPrefix: boolean;
}

/** Keys and common prefixes in order, and whether more follow. */
export interface ListPage {
  readonly items: readonly ListPosition[];
  readonly isTruncated: boolean;
}

/** One page of keys and common prefixes, in order, from a bucket's folder of records. */
export async function listPage(folder: string, query: ListQuery): Promise<ListPage> {
  const { prefix, after, maxKeys } = query;
  const items: ListPosition[] = [];
  if (maxKeys === 0) return { items, isTruncated: false };
  let passed = after;
  const wants = (beginning: string) =>
    (beginning.startsWith(prefix) || prefix.startsWith(beginning)) && !isBehind(beginning, passed);
  for await (const key of walkKeys(folder, wants)) {
    if (!key.startsWith(prefix) || isPassed(key, passed)) continue;
    if (items.length === maxKeys) return { items, isTruncated: true };
    const item = itemOf(key, query);
    items.push(item);
    passed = item;
  }
  return { items, isTruncated: false };
}

function itemOf(key: string, { prefix, delimiter }: ListQuery): ListPosition {
  const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  if (at === -1) return { text: key, isPrefix: false };
  return { text: key.slice(0, at + delimiter.length), isPrefix: true };
}

function isPassed(key: string, position: ListPosition | undefined): boolean {
  if (position === undefined) return false;
  return compareBytes(key, position.text) <= 0 || (position.isPrefix && key.startsWith(position.text));
}

/** Whether every key that begins so was passed. */
function isBehind(beginning: string, position: ListPosition | undefined): boolean {
  if (position === undefined) return false;
  if (position.isPrefix && beginning.startsWith(position.text)) return true;
  return compareBytes(beginning, position.text) < 0 && !position.text.startsWith(beginning);
}

function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
