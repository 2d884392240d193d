import type { RequestListener } from 'node:http';

/** This machine by its own names, `*.localhost` among them, which no browser asks anybody about. */
const ownHost = /^(?:(?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/**
 * Lets through what is meant for this machine, by the host that a request names. A web page can have a name of its own
 * lead here; the browser would then let it call what listens, and read the answers.
 */
export function forOwnHost(serve: RequestListener): RequestListener {
  return (request, response) => {
    const { host } = request.headers;
    // Without one it is no browser's.
    if (host === undefined || ownHost.test(host)) return serve(request, response);
    request.resume();
    response.writeHead(421, { 'content-type': 'text/plain' });
    response.end('This server answers to 127.0.0.1, [::1] and localhost alone.\n');
  };
}
