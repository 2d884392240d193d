import Bowser from 'bowser';
import { spend } from '../values/meter.ts';
import type { Value } from '../values/value.ts';
import { text } from './arguments.ts';
import { type FunctionSpec, fn } from './registry.ts';

/** Real user agents stay below this; a longer text is cut, so that no pattern has much to search. */
const maxLength = 1_024;
/** Some hundred patterns are tried, in 20 to 40 µs. */
const parseUnits = 512;

/** What of a user agent the functions tell. Names are those of Yauaa, which Platform uses, where they are known. */
interface UserAgent {
  readonly osName: string;
  readonly osVersion: string | null;
  readonly agentName: string;
  readonly agentVersion: string | null;
  readonly deviceClass: string;
}

/** Yauaa's word for what it can't tell. */
const unknown = 'Unknown';
/** Where the parser's names differ from Yauaa's. Both keep adding names: others are passed on. */
const osNames: Readonly<Record<string, string>> = { Windows: 'Windows NT', macOS: 'Mac OS' };
const agentNames: Readonly<Record<string, string>> = {
  'Microsoft Edge': 'Edge',
  'Samsung Internet for Android': 'SamsungBrowser',
};
const deviceClasses: Readonly<Record<string, string>> = {
  mobile: 'Phone',
  tablet: 'Tablet',
  desktop: 'Desktop',
  tv: 'TV',
  bot: 'Robot',
};

/** The last one that was read: rules ask for several fields of the same user agent. */
let last: { readonly text: string; readonly parsed: UserAgent } | undefined;

function parse(value: Value): UserAgent | null {
  const read = text(value);
  if (read === null || read.trim() === '') return null;
  if (last?.text === read) return last.parsed;
  spend(parseUnits);
  const { os, browser, platform } = Bowser.parse(read.slice(0, maxLength));
  const parsed = {
    osName: named(osNames, os.name),
    osVersion: os.version?.replace(/^NT /, '') || null,
    agentName: named(agentNames, browser.name),
    agentVersion: browser.version || null,
    deviceClass: deviceClasses[platform.type ?? ''] ?? unknown,
  };
  last = { text: read, parsed };
  return parsed;
}

function named(names: Readonly<Record<string, string>>, name: string | undefined): string {
  if (name === undefined || name === '') return unknown;
  return Object.hasOwn(names, name) ? (names[name] ?? name) : name;
}

function withVersion(name: string, version: string | null | undefined): string {
  return version ? `${name} ${version}` : name;
}

function major(version: string | null): string | undefined {
  return version?.split('.')[0];
}

function field(read: (agent: UserAgent) => string | null): FunctionSpec {
  return fn(1, 1, (value) => {
    const agent = parse(value);
    return agent === null ? null : read(agent);
  });
}

/** Fields of a user agent. */
export const userAgentFunctions: Readonly<Record<string, FunctionSpec>> = {
  ua_os_name: field(({ osName }) => osName),
  ua_os_version: field(({ osVersion }) => osVersion),
  ua_os_version_major: field(({ osName, osVersion }) => withVersion(osName, major(osVersion))),
  ua_os_name_version: field(({ osName, osVersion }) => withVersion(osName, osVersion)),
  ua_agent_name: field(({ agentName }) => agentName),
  ua_agent_version: field(({ agentVersion }) => agentVersion),
  ua_agent_version_major: field(({ agentName, agentVersion }) => withVersion(agentName, major(agentVersion))),
  ua_device_class: field(({ deviceClass }) => deviceClass),
};
