/**
 * The formats that XDM schemas name. Each is one linear pattern or one plain function: rows are checked by the hundred
 * thousand, and a pattern that backtracks would be the slowest part of the simulator.
 */

/** The instants that Platform takes: at most nine decimals, and a zone always. */
const dateTimePattern =
  /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:0\d|1\d):[0-5]\d)$/;
const datePattern = /^(\d{4})-(\d{2})-(\d{2})$/;

const pathCharacters = "[A-Za-z0-9\\-._~:/@!$&'()*+,;=]|%[0-9A-Fa-f]{2}";
const queryCharacters = `${pathCharacters}|\\?`;
const authority = "(?:[A-Za-z0-9\\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*";
/** RFC 3986: brackets stand only around an IPv6 host. */
const afterScheme =
  `(?://(?:[A-Za-z0-9\\-._~!$&'()*+,;=:]*@)?(?:\\[[0-9A-Fa-f:.]+\\](?::\\d*)?|${authority})(?=[/?#]|$))?` +
  `(?:${pathCharacters})*(?:\\?(?:${queryCharacters})*)?(?:#(?:${queryCharacters})*)?$`;
const uriPattern = new RegExp(`^[A-Za-z][A-Za-z0-9+.-]*:${afterScheme}`);
const uriReferencePattern = new RegExp(`^(?:[A-Za-z][A-Za-z0-9+.-]*:)?${afterScheme}`);
const ipV4Pattern = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
const emailPattern = /^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+$/;

/** Whether the text is an instant that Platform can read, on a day that exists. */
export function isDateTime(text: string): boolean {
  const match = dateTimePattern.exec(text);
  return match !== null && isDay(match);
}

/** Whether the text is a day that exists, as YYYY-MM-DD. */
export function isDate(text: string): boolean {
  const match = datePattern.exec(text);
  return match !== null && isDay(match);
}

function isDay(match: RegExpExecArray): boolean {
  const month = Number(match[2]);
  const day = Number(match[3]);
  if (month < 1 || month > 12 || day < 1) return false;
  return day <= 28 || day <= new Date(Date.UTC(Number(match[1]), month, 0)).getUTCDate();
}

/** Colon groups of an IPv6 address, with at most one gap; the last two may be written as IPv4. */
function isIpV6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  let groups = 0;
  const parts = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  for (const [index, part] of parts.entries()) {
    if (/^[0-9A-Fa-f]{1,4}$/.test(part)) groups += 1;
    else if (index === parts.length - 1 && ipV4Pattern.test(part)) groups += 2;
    else return false;
  }
  return halves.length === 2 ? groups < 8 : groups === 8;
}

/** The check of a format by name; `undefined` for a name that is unknown, which checks nothing. */
export function formatCheck(format: string): ((text: string) => boolean) | undefined {
  switch (format) {
    case 'date-time':
      return isDateTime;
    case 'date':
      return isDate;
    case 'uri':
    case 'url':
      return (text) => uriPattern.test(text);
    case 'uri-reference':
      return (text) => uriReferencePattern.test(text);
    case 'ipv4':
      return (text) => ipV4Pattern.test(text);
    case 'ipv6':
      return isIpV6;
    case 'email':
      return (text) => emailPattern.test(text);
    default:
      return undefined;
  }
}
