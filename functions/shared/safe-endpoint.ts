/**
 * Whether credentials may be sent there: over HTTPS, or over plain HTTP to this machine alone. The address is judged as
 * the client will read it, so that `http://127.0.0.1@elsewhere`, `http://127.0.0.1.elsewhere` and the like are what they
 * are: another host.
 */
export function isSafeEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return false;
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && isLoopback(url.hostname);
}

/** A number or a short form (`2130706433`, `127.1`) has become four numbers by now, and letters small. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
