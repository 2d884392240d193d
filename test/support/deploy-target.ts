import { hasMoto, startMoto } from './moto.ts';

/** An AWS emulator that `cdk deploy` can reach. */
export interface DeployTarget {
  readonly name: string;
  readonly account: string;
  start(): Promise<{ readonly url: string; stop(): Promise<void> }>;
}

/**
 * The emulator to deploy into: the one at CONNECTOR_DEPLOY_ENDPOINT, of the account CONNECTOR_DEPLOY_ACCOUNT, which must be
 * empty; otherwise moto, where it is installed.
 */
export function deployTarget(): DeployTarget | undefined {
  const { CONNECTOR_DEPLOY_ENDPOINT: url, CONNECTOR_DEPLOY_ACCOUNT: account } = process.env;
  if (url !== undefined) {
    return {
      name: url,
      account: account ?? '000000000000',
      start: async () => ({ url: url.replace(/\/$/, ''), stop: async () => {} }),
    };
  }
  return hasMoto() ? { name: 'moto', account: '123456789012', start: startMoto } : undefined;
}
