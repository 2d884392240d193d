import type { RequestListener } from 'node:http';

/** This machine by its own names, `*.localhost` among them, which no browser asks anybody about. */
const ownHost = /^(?:(?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/**
 * Lets through what is meant for this machine, by the host that a request names. A web page can have a name of its own
 * lead here; the browser would then let it call what listens, and read the answers. Without one it can still have some
 * requests sent whose answers it does not see: the browser says on whose behalf.
 */
export function forOwnHost(serve: RequestListener): RequestListener {
  return (request, response) => {
    const { host, origin } = request.headers;
    // Without one it is no browser's.
    const isOwn = host === undefined || ownHost.test(host);
    if (isOwn && (origin === undefined || isOwnOrigin(origin))) return serve(request, response);
    request.resume();
    response.writeHead(421, { 'content-type': 'text/plain' });
    response.end('This server answers to 127.0.0.1, [::1] and localhost alone.\n');
  };
}

function isOwnOrigin(origin: string): boolean {
  return URL.canParse(origin) && ownHost.test(new URL(origin).host);
}
