import type { Log } from '../../functions/shared/log.ts';

/** For work of the functions that a command does: it tells people itself what they need to know. */
export const silentLog: Log = { begin() {}, info() {}, warn() {}, error() {} };
