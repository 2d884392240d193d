import { isIPv4, isIPv6 } from 'node:net';

/** RFC 3986, without the scheme: brackets stand only around an IPv6 host. Linear: no part can match in two ways. */
const unreserved = "A-Za-z0-9\\-._~!$&'()*+,;=";
const pathCharacter = `(?:[${unreserved}:@/]|%[0-9A-Fa-f]{2})`;
const queryCharacter = `(?:[${unreserved}:@/?]|%[0-9A-Fa-f]{2})`;
const host = `(?:\\[[0-9A-Fa-f:.]+\\](?::\\d*)?|(?:[${unreserved}:]|%[0-9A-Fa-f]{2})*)`;
const authority = `(?://(?:(?:[${unreserved}:]|%[0-9A-Fa-f]{2})*@)?${host}(?=[/?#]|$))?`;
const afterScheme = `${authority}${pathCharacter}*(?:\\?${queryCharacter}*)?(?:#${queryCharacter}*)?$`;
const scheme = '[A-Za-z][A-Za-z0-9+.-]*:';

const uri = new RegExp(`^${scheme}${afterScheme}`);
const uriReference = new RegExp(`^(?:${scheme})?${afterScheme}`);
const email = /^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+$/;

type IsText = (text: string) => boolean;

const formats: Readonly<Record<string, IsText>> = {
  uri: (text) => uri.test(text),
  // XDM's own word for it.
  url: (text) => uri.test(text),
  'uri-reference': (text) => uriReference.test(text),
  ipv4: isIPv4,
  // A zone (`fe80::1%eth0`) belongs to a machine and is no part of an address in data.
  ipv6: (text) => isIPv6(text) && !text.includes('%'),
  email: (text) => email.test(text),
};

/**
 * The check of a text format that XDM's schemas name. Undefined for one that is not known, which checks nothing, and
 * for dates, which values are converted to.
 */
export function textFormat(name: string): IsText | undefined {
  return Object.hasOwn(formats, name) ? formats[name] : undefined;
}
