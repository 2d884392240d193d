import { sharedAwsUrl } from '../local/data-lock.ts';
import type { OperatorOptions } from './operator-options.ts';

/** In the order in which help lists them. */
const naming = ['config', 'region', 'profile', 'outputs', 'data'] as const;

/** What a command that is suggested must have, so that it is about the same connector as the one that suggests it. */
export function sameConnector(options: Partial<OperatorOptions>): string {
  return naming.map((option) => given(option, options[option])).join('');
}

/** The same with the source that was named; and, of a local connector, what makes it work while it does not run. */
export function nextHint(options: Partial<OperatorOptions>): string {
  const { data, source } = options;
  const isIdle = data !== undefined && sharedAwsUrl(data) === undefined;
  const worker = isIdle ? `; it is worked off by: connector local${given('data', data)}` : '';
  return `${given('source', source)}${sameConnector(options)}${worker}`;
}

function given(option: string, value: string | undefined): string {
  return value === undefined ? '' : ` --${option} ${shellWord(value)}`;
}

/** @example shellWord('my folder') === "'my folder'" */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
